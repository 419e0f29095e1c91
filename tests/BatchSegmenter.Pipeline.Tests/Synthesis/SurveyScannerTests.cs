using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Synthesis;

namespace BatchSegmenter.Pipeline.Tests.Synthesis;

public sealed class SurveyScannerTests
{
    [Fact]
    public void However_lines_are_shared_out_they_give_the_same_points()
    {
        FlightPlan plan = new(90, 0.4);
        PointColumns together = new(0, SurveyScanner.Attributes), apart = new(0, SurveyScanner.Attributes);
        new SurveyScanner(5).Scan(plan, new ScanSegment(0, 10, 6, 0.4), together);
        // The second scanner comes from elsewhere, with other cells in its memory.
        SurveyScanner first = new(5), second = new(5);
        second.Scan(plan, new ScanSegment(1, 90, 5, 0.4), new PointColumns(0, SurveyScanner.Attributes));
        first.Scan(plan, new ScanSegment(0, 10, 2, 0.4), apart);
        second.Scan(plan, new ScanSegment(0, 12, 4, 0.4), apart);
        Assert.InRange(together.Count, 1000, 10_000);
        Assert.Equal(together.X.Take(together.Count), apart.X.Take(apart.Count));
        Assert.Equal(together.Z.Take(together.Count), apart.Z.Take(apart.Count));
        Assert.Equal(together.Classification!.Take(together.Count), apart.Classification!.Take(apart.Count));
    }

    [Fact]
    public void Pulses_of_a_line_go_to_and_fro()
    {
        FlightPlan plan = new(90, 0.4);
        PointColumns east = new(0, SurveyScanner.Attributes), west = new(0, SurveyScanner.Attributes);
        new SurveyScanner(5).Scan(plan, new ScanSegment(0, 0, 1, 0.4), east);
        new SurveyScanner(5).Scan(plan, new ScanSegment(0, 1, 1, 0.4), west);
        Assert.True(east.X[0] < east.X[east.Count - 1]);
        Assert.True(west.X[0] > west.X[west.Count - 1]);
        Assert.True(west.GpsTime![0] > east.GpsTime![east.Count - 1]);
    }
}
