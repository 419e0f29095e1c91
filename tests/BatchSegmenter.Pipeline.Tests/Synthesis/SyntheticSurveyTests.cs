using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Synthesis;

namespace BatchSegmenter.Pipeline.Tests.Synthesis;

public sealed class SyntheticSurveyTests
{
    private static readonly Lazy<PointColumns> s_town = new(() => All(new SynthesisOptions { Points = 120_000, Seed = 14, Density = 4 }));

    private static PointColumns Town => s_town.Value;

    [Theory]
    [InlineData(1)]
    [InlineData(999)]
    [InlineData(70_000)]
    public void Exactly_as_many_points_are_made_as_are_wanted(int points) =>
        Assert.Equal(points, All(new SynthesisOptions { Points = points, Seed = 3 }).Count);

    [Fact]
    public void Equal_options_give_equal_points_and_another_seed_gives_others()
    {
        SynthesisOptions options = new() { Points = 50_000, Seed = 7 };
        PointColumns first = All(options), second = All(options), other = All(options with { Seed = 8 });
        Assert.True(first.X.AsSpan(0, first.Count).SequenceEqual(second.X.AsSpan(0, second.Count)));
        Assert.True(first.Z.AsSpan(0, first.Count).SequenceEqual(second.Z.AsSpan(0, second.Count)));
        Assert.True(first.Intensity.AsSpan(0, first.Count).SequenceEqual(second.Intensity.AsSpan(0, second.Count)));
        Assert.False(first.Z.AsSpan(0, first.Count).SequenceEqual(other.Z.AsSpan(0, other.Count)));
    }

    [Fact]
    public void A_survey_ten_times_larger_needs_no_larger_columns()
    {
        int small = Largest(new SynthesisOptions { Points = 300_000 }), large = Largest(new SynthesisOptions { Points = 3_000_000 });
        Assert.InRange(large, 1, small + small / 4);

        static int Largest(SynthesisOptions options) => SyntheticSurvey.Generate(options).Max(columns => columns.Capacity);
    }

    [Fact]
    public void Points_fill_the_square_at_the_density_wanted()
    {
        SynthesisOptions options = new() { Points = 120_000, Seed = 14, Density = 4 };
        double edge = options.Edge, south = double.PositiveInfinity, north = double.NegativeInfinity;
        for (int i = 0; i < Town.Count; i++)
        {
            Assert.InRange(Town.X[i] - SurveyScanner.OriginX, 0, edge);
            south = Math.Min(south, Town.Y[i] - SurveyScanner.OriginY);
            north = Math.Max(north, Town.Y[i] - SurveyScanner.OriginY);
        }

        // The last strip, flown south to north or back, ends when there are enough points: a few lines early or late.
        Assert.InRange(south, -0.05 * edge, 0.05 * edge);
        Assert.InRange(north, 0.95 * edge, 1.05 * edge);
    }

    [Fact]
    public void Every_class_is_there()
    {
        Dictionary<byte, int> counts = Town.Classification!.Take(Town.Count).CountBy(code => code).ToDictionary();
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 9, 14, 15, 18], counts.Keys.Order().Select(code => (int)code));
        Assert.InRange(counts[2], 0.2 * Town.Count, 0.9 * Town.Count);
        Assert.InRange(counts[6], 0.03 * Town.Count, 0.4 * Town.Count);
    }

    [Fact]
    public void Heights_above_ground_are_those_of_their_class()
    {
        Terrain terrain = new(14);
        Dictionary<byte, List<double>> heights = [];
        for (int i = 0; i < Town.Count; i++)
        {
            double x = Town.X[i] - SurveyScanner.OriginX, y = Town.Y[i] - SurveyScanner.OriginY;
            (heights.TryGetValue(Town.Classification![i], out List<double>? list) ? list : heights[Town.Classification[i]] = []).Add(Town.Z[i] - terrain.Height(x, y));
        }

        AssertWithin(heights[2], -0.35, 0.35);
        AssertWithin(heights[3], -0.1, 0.8);
        AssertWithin(heights[4], 0.3, 2.3);
        AssertWithin(heights[5], 1.8, 22);
        AssertWithin(heights[6], -0.5, 15);
        AssertWithin(heights[14], 7.5, 11.5);
        AssertWithin(heights[1], 0, 2.3);
        Assert.InRange(heights[6].Order().ElementAt(heights[6].Count / 2), 2.5, 10);
        Assert.All(heights[18], height => Assert.True(height > 30));
        Assert.All(heights[7], height => Assert.True(height < -1));
        // Nothing of a class may lie elsewhere but the few that a slope or a grid step moves over a limit.
        static void AssertWithin(List<double> values, double low, double high) =>
            Assert.InRange(values.Count(value => value < low || value > high), 0, values.Count / 50);
    }

    [Fact]
    public void Returns_times_and_strips_are_those_of_a_flight()
    {
        for (int i = 0; i < Town.Count; i++)
        {
            Assert.InRange(Town.ReturnNumber![i], 1, Town.NumberOfReturns![i]);
            Assert.InRange(Math.Abs(Town.ScanAngle![i]), 0, 20.01f);
            Assert.InRange(Town.Intensity![i], 1, 10_000);
            if (i == 0) continue;
            Assert.True(Town.GpsTime![i] >= Town.GpsTime[i - 1], $"time runs back at point {i}");
            if (Town.GpsTime[i] == Town.GpsTime[i - 1]) Assert.True(Town.ReturnNumber[i] > Town.ReturnNumber[i - 1] && Town.Z[i] < Town.Z[i - 1]);
        }

        Assert.Equal([1, 2], Town.PointSourceId!.Take(Town.Count).Distinct().Order().Select(id => (int)id));
        Assert.Contains(Town.ClassificationFlags!.Take(Town.Count), flags => flags == ClassificationFlags.Overlap);
        Assert.Contains(Town.EdgeOfFlightLine!.Take(Town.Count), edge => edge == 1);
        Assert.Contains(Town.ScanDirectionFlag!.Take(Town.Count), direction => direction == 0);
    }

    [Fact]
    public void Light_passes_through_crowns_to_the_ground()
    {
        int under = 0, pulses = 0;
        for (int i = 0; i < Town.Count; i++)
        {
            if (Town.ReturnNumber![i] != 1 || Town.Classification![i] != 5) continue;
            pulses++;
            int last = i + Town.NumberOfReturns![i] - 1;
            if (last < Town.Count && Town.Classification[last] == 2) under++;
        }

        Assert.InRange((double)under / pulses, 0.15, 0.8);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(-5, 8)]
    [InlineData(100_000_000_001, 8)]
    [InlineData(10, 0)]
    [InlineData(10, double.NaN)]
    public void Impossible_options_are_refused_before_anything_is_made(long points, double density) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SyntheticSurvey.Generate(new SynthesisOptions { Points = points, Density = density }));

    [Fact]
    public void A_cancelled_survey_ends()
    {
        using CancellationTokenSource cancel = new();
        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (PointColumns _ in SyntheticSurvey.Generate(new SynthesisOptions { Points = 1_000_000_000 }, cancel.Token)) cancel.Cancel();
        });
    }

    private static PointColumns All(SynthesisOptions options)
    {
        PointColumns all = new((int)options.Points, SyntheticSurvey.Attributes);
        foreach (PointColumns run in SyntheticSurvey.Generate(options))
        {
            int at = all.Count;
            run.X.AsSpan(0, run.Count).CopyTo(all.X.AsSpan(at));
            run.Y.AsSpan(0, run.Count).CopyTo(all.Y.AsSpan(at));
            run.Z.AsSpan(0, run.Count).CopyTo(all.Z.AsSpan(at));
            run.Intensity.AsSpan(0, run.Count).CopyTo(all.Intensity.AsSpan(at));
            run.ReturnNumber.AsSpan(0, run.Count).CopyTo(all.ReturnNumber.AsSpan(at));
            run.NumberOfReturns.AsSpan(0, run.Count).CopyTo(all.NumberOfReturns.AsSpan(at));
            run.Classification.AsSpan(0, run.Count).CopyTo(all.Classification.AsSpan(at));
            run.ClassificationFlags.AsSpan(0, run.Count).CopyTo(all.ClassificationFlags.AsSpan(at));
            run.ScanDirectionFlag.AsSpan(0, run.Count).CopyTo(all.ScanDirectionFlag.AsSpan(at));
            run.EdgeOfFlightLine.AsSpan(0, run.Count).CopyTo(all.EdgeOfFlightLine.AsSpan(at));
            run.ScanAngle.AsSpan(0, run.Count).CopyTo(all.ScanAngle.AsSpan(at));
            run.PointSourceId.AsSpan(0, run.Count).CopyTo(all.PointSourceId.AsSpan(at));
            run.GpsTime.AsSpan(0, run.Count).CopyTo(all.GpsTime.AsSpan(at));
            all.Count += run.Count;
        }

        return all;
    }
}
