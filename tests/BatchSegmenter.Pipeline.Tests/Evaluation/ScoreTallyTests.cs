using BatchSegmenter.Pipeline.Evaluation;

namespace BatchSegmenter.Pipeline.Tests.Evaluation;

public sealed class ScoreTallyTests
{
    private static readonly byte[] s_identity = [.. Enumerable.Range(0, 256).Select(code => (byte)code)];

    [Fact]
    public void Heights_are_above_the_lowest_ground_of_the_cell_or_of_the_nearest_ring()
    {
        // One cell with ground at 100 and 101; a roof in the cell beside it, and a point 200 m away from any ground.
        (double X, double Y, double Z, byte Truth, byte Guess)[] points =
            [(1, 1, 100, 2, 2), (2, 2, 101, 2, 2), (3, 3, 103, 5, 6), (6, 1, 106, 6, 5), (300, 1, 500, 6, 5)];
        Scores scores = Score(points);
        Assert.Equal([(null, 0.5, 1L), (0.5, 2, 1L), (2, 5, 1L), (5, 10, 1L)], scores.Height.Select(bin => (bin.From, bin.To, bin.Points)));
        Assert.Equal(3.0, scores.Errors.Single(pair => pair.Truth == 5).MedianHeight);
        ConfusedPair roof = scores.Errors.Single(pair => pair.Truth == 6);
        Assert.Equal(6.0, roof.MedianHeight);
        Assert.Equal(2, roof.Points);
        Assert.Equal([3L, 4L], roof.Examples.Select(example => example.PointIndex).Order());
    }

    [Fact]
    public void Density_is_counted_in_cells_of_five_metres()
    {
        (double, double, double, byte, byte)[] points = [.. Enumerable.Range(0, 50).Select(i => (i % 5 + 0.5, i / 10 + 0.5, 0.0, (byte)2, (byte)2)), (7, 7, 0, 2, 6)];
        Scores scores = Score(points);
        Assert.Equal([(0.0, 0.5, 1L, 0.0), (2, 5, 50, 1)], scores.Density.Select(bin => (bin.From!.Value, bin.To!.Value, bin.Points, bin.Accuracy)));
        Assert.Equal(2.0, scores.Density[1].Mean);
    }

    [Fact]
    public void Confidence_falls_into_deciles()
    {
        float[] confidence = [0, 0.1f, 0.95f, 1, float.NaN];
        ScoreTally tally = new();
        tally.Add("a", Cloud([2, 2, 2, 5, 2], confidence), Cloud([2, 2, 2, 2, 2]), s_identity, []);
        Assert.Equal([(0.0, 1L, 1.0), (0.1, 1, 1), (0.9, 2, 0.5)], tally.Score().Confidence.Select(bin => (bin.From!.Value, bin.Points, bin.Accuracy)));
    }

    [Fact]
    public void Three_examples_are_kept_however_many_errors_there_are()
    {
        ScoreTally tally = new();
        tally.Add("a", Cloud([.. Enumerable.Repeat((byte)5, 1000)]), Cloud([.. Enumerable.Repeat((byte)2, 1000)]), s_identity, []);
        ConfusedPair pair = Assert.Single(tally.Score().Errors);
        Assert.Equal(1000, pair.Points);
        Assert.Equal(3, pair.Examples.Select(example => example.PointIndex).Distinct().Count());
        Assert.Null(pair.MedianHeight);
    }

    private static LabelledCloud Cloud(byte[] codes, float[]? confidence = null) => new() { Count = codes.Length, Codes = codes, Confidence = confidence };

    private static Scores Score((double X, double Y, double Z, byte Truth, byte Guess)[] points)
    {
        LabelledCloud truth = new()
        {
            Count = points.Length,
            X = [.. points.Select(point => point.X)],
            Y = [.. points.Select(point => point.Y)],
            Z = [.. points.Select(point => point.Z)],
            Codes = [.. points.Select(point => point.Truth)],
        };
        ScoreTally tally = new();
        tally.Add("a", Cloud([.. points.Select(point => point.Guess)]), truth, s_identity, []);
        return tally.Score();
    }
}
