using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Labels;

public sealed class LabelInterpolationTests : IDisposable
{
    private const int Classes = 3;
    private static readonly PointColumns Survey = SampleSurvey.Points(3000, x: 100, y: 200);
    private readonly NormalizedTile _tile = new BlockNormalizer(SampleBundle.Input, 1).Normalize(Survey, SurveySurface.Measure(Survey));

    public void Dispose() => _tile.Dispose();

    [Fact]
    public void Rows_are_shares_that_sum_to_one()
    {
        float[] shares = Fill(Votes(_ => true), Enumerable.Range(0, Survey.Count).ToArray());
        for (int i = 0; i < Survey.Count; i++)
        {
            ReadOnlySpan<float> row = shares.AsSpan(i * Classes, Classes);
            Assert.Equal(1, row[0] + row[1] + row[2], 1e-5f);
            foreach (float share in row) Assert.InRange(share, 0, 1);
        }
    }

    [Fact]
    public void A_point_that_stands_for_its_voxel_keeps_its_own()
    {
        LabelVotes votes = Votes(_ => true);
        float[] shares = Fill(votes, _tile.Thinned.PointIndex);
        for (int i = 0; i < _tile.Thinned.Count; i++)
        {
            float total = votes[i][0] + votes[i][1] + votes[i][2];
            for (int c = 0; c < Classes; c++) Assert.Equal(votes[i][c] / total, shares[i * Classes + c], 0.01f);
        }
    }

    [Fact]
    public void Others_lie_between_their_three_nearest_by_inverse_squared_distance()
    {
        LabelVotes votes = Votes(_ => true);
        int[] asked = [.. Enumerable.Range(0, Survey.Count).Except(_tile.Thinned.PointIndex)];
        Assert.NotEmpty(asked);
        float[] shares = Fill(votes, asked);
        for (int i = 0; i < asked.Length; i += 7)
        {
            int p = asked[i];
            (double Squared, int Thinned)[] nearest = [.. Enumerable.Range(0, _tile.Thinned.Count).Select(t => (Squared(t), t)).OrderBy(pair => pair).Take(3)];
            double[] row = new double[Classes];
            foreach ((double squared, int thinned) in nearest)
                for (int c = 0; c < Classes; c++) row[c] += votes[thinned][c] / (votes[thinned][0] + votes[thinned][1] + votes[thinned][2]) / (squared + 1e-6);
            for (int c = 0; c < Classes; c++) Assert.Equal(row[c] / row.Sum(), shares[i * Classes + c], 1e-3);

            double Squared(int t)
            {
                double x = Survey.X[p] - Survey.X[_tile.Thinned.PointIndex[t]], y = Survey.Y[p] - Survey.Y[_tile.Thinned.PointIndex[t]], z = Survey.Z[p] - Survey.Z[_tile.Thinned.PointIndex[t]];
                return x * x + y * y + z * z;
            }
        }
    }

    [Fact]
    public void Neighbours_without_votes_do_not_count_and_without_any_all_classes_are_as_likely()
    {
        int[] all = [.. Enumerable.Range(0, Survey.Count)];

        Assert.All(Fill(Votes(_ => false), all), share => Assert.Equal(1f / Classes, share));

        LabelVotes ground = new(_tile.Thinned.Count, Classes);
        int[] even = [.. Enumerable.Range(0, _tile.Thinned.Count).Where(i => i % 2 == 0)];
        ground.Add(even, [.. even.SelectMany(_ => (float[])[1, 0, 0])], 0, new int[_tile.Thinned.Count]);
        float[] shares = Fill(ground, all);
        for (int i = 0; i < Survey.Count; i++) Assert.True(shares[i * Classes] is 1 or 1f / Classes, $"{shares[i * Classes]}");
    }

    private float[] Fill(LabelVotes votes, int[] asked)
    {
        float[] shares = new float[asked.Length * Classes];
        LabelInterpolation.Fill(Survey, _tile, votes, asked, Classes, shares);
        return shares;
    }

    private LabelVotes Votes(Func<int, bool> isSeen)
    {
        Random random = new(3);
        LabelVotes votes = new(_tile.Thinned.Count, Classes);
        for (int i = 0; i < _tile.Thinned.Count; i++)
            if (isSeen(i)) votes.Add([i], [random.NextSingle(), random.NextSingle(), random.NextSingle()], 0, new int[_tile.Thinned.Count]);
        return votes;
    }
}
