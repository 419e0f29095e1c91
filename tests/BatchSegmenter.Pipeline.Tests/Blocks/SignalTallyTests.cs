using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class SignalTallyTests
{
    [Fact]
    public void Points_one_by_one_runs_and_tallies_added_up_tell_the_same()
    {
        PointColumns points = new(0, SampleSurvey.Attributes | PointAttributes.Color), survey = SampleSurvey.Points(1000);
        points.EnsureCapacity(1000);
        points.Count = 1000;
        survey.Intensity.AsSpan(0, 1000).CopyTo(points.Intensity);
        survey.NumberOfReturns.AsSpan(0, 1000).CopyTo(points.NumberOfReturns);
        points.Green![700] = 300;
        SignalTally whole = new(), single = new(), sum = new(), part = new();

        whole.Add(points);
        for (int i = 0; i < 400; i++) single.Add(points, i);
        for (int i = 400; i < 1000; i++) part.Add(points, i);
        sum.Add(single);
        sum.Add(part);

        Assert.Equal((true, 65535f), (whole.HasReturns, whole.LargestColor));
        Assert.Equal((whole.HasReturns, whole.LargestColor), (sum.HasReturns, sum.LargestColor));
        Assert.Equal(points.Intensity!.Select(i => whole.Intensity![i]), points.Intensity!.Select(i => sum.Intensity![i]));
        Assert.NotEqual(points.Intensity!.Select(i => whole.Intensity![i]), points.Intensity!.Select(i => part.Intensity![i]));
        part.Clear();
        Assert.Equal((false, 0f, null), (part.HasReturns, part.LargestColor, part.Intensity));
    }
}
