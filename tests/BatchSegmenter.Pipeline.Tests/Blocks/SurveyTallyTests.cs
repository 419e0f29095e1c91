using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class SurveyTallyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(97)]
    [InlineData(4000)]
    public void How_a_survey_is_cut_into_runs_changes_no_measure(int length)
    {
        PointColumns points = SampleSurvey.Points(4000, x: -30, y: 12);
        SurveySurface whole = SurveySurface.Measure(points), runs = SurveySurface.Measure(9999, Runs);

        Assert.Equal((whole.Spacing, whole.Bounds, whole.Points, whole.HasReturns, whole.LargestColor), (runs.Spacing, runs.Bounds, runs.Points, runs.HasReturns, runs.LargestColor));
        for (int i = 0; i < points.Count; i++)
        {
            Assert.Equal(whole.NearGround.HeightAt(points.X[i], points.Y[i]), runs.NearGround.HeightAt(points.X[i], points.Y[i]));
            Assert.Equal(whole.FarGround.HeightAt(points.X[i], points.Y[i]), runs.FarGround.HeightAt(points.X[i], points.Y[i]));
            Assert.Equal(whole.Intensity![points.Intensity![i]], runs.Intensity![points.Intensity[i]]);
        }

        IEnumerable<PointColumns> Runs()
        {
            for (int first = 0; first < points.Count; first += length)
            {
                PointColumns run = new(0, points.Attributes);
                run.Append(points, first, Math.Min(length, points.Count - first));
                yield return run;
            }
        }
    }

    [Theory]
    [InlineData(0.02, 5000)]
    [InlineData(0.4, 5000)]
    [InlineData(3, 2000)]
    [InlineData(60, 500)]
    [InlineData(9000, 50)]
    public void The_spacing_is_that_of_cells_counted_one_size_after_the_other(double spacing, int count)
    {
        Random random = new(count);
        double edge = spacing * Math.Sqrt(count);
        double[] x = [.. Enumerable.Range(0, count).Select(_ => edge * (random.NextDouble() - 0.5))], y = [.. x.Select(_ => edge * (random.NextDouble() - 0.3))];
        double cell = 1, average;
        while (true)
        {
            average = (double)count / Enumerable.Range(0, count).Select(i => (Math.Floor(x[i] / cell), Math.Floor(y[i] / cell))).Distinct().Count();
            if (average >= 6 || cell >= 4096) break;
            cell *= 2;
        }

        Assert.Equal(Math.Max(0.05, cell / Math.Sqrt(average)), PointSpacing.Estimate(x, y));
        PointSpacing bounded = new(1_000_000);
        foreach (int i in Enumerable.Range(0, count)) bounded.Add(x.AsSpan(i, 1), y.AsSpan(i, 1));
        Assert.Equal(PointSpacing.Estimate(x, y), bounded.Estimate());
    }
}
