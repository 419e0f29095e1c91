using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Pipeline.Training;

namespace BatchSegmenter.Pipeline.Tests.Training;

public sealed class SurveyAugmentationTests
{
    private static readonly PointColumns Survey = SampleSurvey.Points(9000, x: 100, y: 200);
    private static readonly PointColumns Small = SampleSurvey.Points(3500, x: 100, y: 200); // too small to be thinned

    [Fact]
    public void One_seed_gives_one_result_and_another_seed_another()
    {
        PointColumns first = Apply(5), again = Apply(5), other = Apply(6);

        Assert.Equal(Values(first), Values(again));
        Assert.NotEqual(Values(first), Values(other));
    }

    [Fact]
    public void The_survey_itself_is_not_touched()
    {
        double[] before = Values(Survey);
        for (int seed = 0; seed < 5; seed++) Apply(seed);
        Assert.Equal(before, Values(Survey));
    }

    [Fact]
    public void Thinning_drops_whole_pulses_and_not_too_many()
    {
        Dictionary<double, int> returns = Survey.GpsTime!.Take(Survey.Count).GroupBy(time => time).ToDictionary(group => group.Key, group => group.Count());
        int thinned = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            PointColumns changed = Apply(seed);
            if (changed.Count < Survey.Count) thinned++;
            Assert.InRange(changed.Count, 3700, Survey.Count); // 4000, less the scatter of chance
            int split = changed.GpsTime!.Take(changed.Count).GroupBy(time => time).Count(pulse => pulse.Count() != returns[pulse.Key]);
            Assert.Equal(0, split);
        }

        Assert.InRange(thinned, 3, 12);
    }

    [Fact]
    public void A_small_survey_is_not_thinned()
    {
        for (int seed = 0; seed < 8; seed++) Assert.Equal(Small.Count, new SurveyAugmentation(new Random(seed)).Apply(Small, sparsest: 0.1, density: 4).Count);
    }

    [Fact]
    public void Each_point_keeps_its_class_and_time()
    {
        Dictionary<double, byte> classes = [];
        for (int i = 0; i < Survey.Count; i++) classes[Survey.GpsTime![i]] = Survey.Classification![i];
        PointColumns changed = Apply(3);

        Assert.All(Enumerable.Range(0, changed.Count), i => Assert.Equal(classes[changed.GpsTime![i]], changed.Classification![i]));
    }

    [Fact]
    public void Surveys_are_turned_and_stretched_within_bounds()
    {
        HashSet<int> directions = [];
        for (int seed = 0; seed < 12; seed++)
        {
            PointColumns changed = new SurveyAugmentation(new Random(seed)).Apply(Small, 0.1, 1.4);
            (double before, double after) = (0, 0);
            for (int i = 1000; i < 2000; i++)
            {
                before += Math.Pow(Small.X[i] - Small.X[0], 2) + Math.Pow(Small.Y[i] - Small.Y[0], 2);
                after += Math.Pow(changed.X[i] - changed.X[0], 2) + Math.Pow(changed.Y[i] - changed.Y[0], 2);
            }

            Assert.InRange(Math.Sqrt(after / before), 0.84, 1.19);
            directions.Add((int)(4 * Math.Atan2(changed.Y[1000] - changed.Y[0], changed.X[1000] - changed.X[0]) / Math.PI));
        }

        Assert.True(directions.Count >= 4);
    }

    [Fact]
    public void Intensity_and_returns_are_missing_in_some_and_there_in_others()
    {
        PointColumns[] changed = [.. Enumerable.Range(0, 25).Select(Apply)];

        Assert.InRange(changed.Count(points => points.Intensity.AsSpan(0, points.Count).ContainsAnyExcept((ushort)0)), 12, 24);
        Assert.InRange(changed.Count(points => points.NumberOfReturns.AsSpan(0, points.Count).Contains((byte)2)), 12, 24);
    }

    private static PointColumns Apply(int seed) => new SurveyAugmentation(new Random(seed)).Apply(Survey, sparsest: 0.1, density: 3.6);

    private static double[] Values(PointColumns points) =>
    [
        .. points.X.Take(points.Count), .. points.Y.Take(points.Count), .. points.Z.Take(points.Count),
        .. points.Intensity!.Take(points.Count).Select(v => (double)v), .. points.NumberOfReturns!.Take(points.Count).Select(v => (double)v),
    ];
}
