using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Labels;

/// <summary>
/// Gives every visible point its class probabilities: those of the thinned points nearest in space, weighted by inverse squared
/// distance, so that a point that stands for its voxel keeps its own.
/// </summary>
public static class LabelInterpolation
{
    private const int Neighbors = 3;
    private const float Epsilon = 1e-6f;

    /// <summary>
    /// Fills <paramref name="probabilities"/>, shape [<paramref name="asked"/>, classes], with rows that sum to 1.
    /// </summary>
    /// <param name="points">The tile's columns.</param>
    /// <param name="tile">The tile after normalising.</param>
    /// <param name="votes">Votes on its thinned points.</param>
    /// <param name="asked">Indices of points of the tile.</param>
    /// <param name="classes">Classes of the bundle.</param>
    /// <param name="probabilities">The result.</param>
    public static void Fill(
        PointColumns points, NormalizedTile tile, LabelVotes votes, ReadOnlySpan<int> asked, int classes, Span<float> probabilities)
    {
        Span<int> neighbors = stackalloc int[Neighbors];
        Span<float> squared = stackalloc float[Neighbors];
        int k = Math.Min(Neighbors, tile.Thinned.Count);
        for (int i = 0; i < asked.Length; i++)
        {
            int p = asked[i];
            Span<float> row = probabilities.Slice(i * classes, classes);
            row.Clear();
            int found = tile.Tree.Nearest(
                (float)(points.X[p] - tile.Origin.X), (float)(points.Y[p] - tile.Origin.Y), (float)(points.Z[p] - tile.Origin.Z), neighbors[..k], squared[..k]);
            for (int n = 0; n < found; n++)
            {
                ReadOnlySpan<float> vote = votes[neighbors[n]];
                float total = 0;
                foreach (float v in vote) total += v;
                if (total == 0) continue; // beyond the margin that blocks cover
                float weight = 1 / ((squared[n] + Epsilon) * total);
                for (int c = 0; c < classes; c++) row[c] += weight * vote[c];
            }

            Normalize(row);
        }
    }

    private static void Normalize(Span<float> row)
    {
        float sum = 0;
        foreach (float value in row) sum += value;
        if (sum == 0) row.Fill(1f / row.Length); // no seen point near: every class is as likely
        else foreach (ref float value in row) value /= sum;
    }
}
