using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class SurveySurfaceTests
{
    [Fact]
    public void It_knows_the_density_and_the_ground_below_house_and_trees()
    {
        SurveySurface surface = SurveySurface.Measure(SampleSurvey.Points(4000, x: 0, y: 0));

        Assert.Equal(Math.Sqrt(SampleSurvey.Edge * SampleSurvey.Edge / 4000), surface.Spacing, 0.2);
        for (double x = 3; x < 48; x += 3)
            for (double y = 3; y < 48; y += 3)
            {
                Assert.Equal(100 + SampleSurvey.Slope * x, surface.NearGround.HeightAt(x, y), 0.5);
                Assert.Equal(100 + SampleSurvey.Slope * x, surface.FarGround.HeightAt(x, y), 0.7);
            }
    }

    [Fact]
    public void Intensity_and_returns_are_there_where_they_differ()
    {
        PointColumns points = SampleSurvey.Points(500);
        SurveySurface full = SurveySurface.Measure(points);
        points.Intensity.AsSpan().Fill(500);
        points.NumberOfReturns.AsSpan().Fill(1);
        SurveySurface bare = SurveySurface.Measure(points);

        Assert.True(full is { Intensity: not null, HasReturns: true });
        Assert.True(bare is { Intensity: null, HasReturns: false });
        Assert.True(full.Intensity![1000] > full.Intensity[300]);
    }
}
