namespace BatchSegmenter.Geometry;

/// <summary>Weights that carry features of coarse points to fine points: inverse squared distance to the three nearest, as in PointNet++.</summary>
public static class ThreeNearestInterpolation
{
    /// <summary>Finds the three nearest coarse points of every fine point and their weights.</summary>
    /// <param name="coarseX">x of each coarse point; finite.</param>
    /// <param name="coarseY">y of each coarse point.</param>
    /// <param name="coarseZ">z of each coarse point.</param>
    /// <param name="fineX">x of each fine point; finite.</param>
    /// <param name="fineY">y of each fine point.</param>
    /// <param name="fineZ">z of each fine point.</param>
    /// <param name="nearest">
    /// Receives fine × 3 indices of coarse points, by distance and then by index. With fewer than three coarse points the nearest one fills the
    /// rest, with weight 0.
    /// </param>
    /// <param name="weights">Receives fine × 3 weights: 1 / (d² + 1e-8), divided by their sum.</param>
    /// <exception cref="ArgumentException">The spans do not fit together, or there are fine points but no coarse ones.</exception>
    public static void Weights(
        ReadOnlySpan<float> coarseX, ReadOnlySpan<float> coarseY, ReadOnlySpan<float> coarseZ,
        ReadOnlySpan<float> fineX, ReadOnlySpan<float> fineY, ReadOnlySpan<float> fineZ,
        Span<int> nearest, Span<float> weights)
    {
        Check(coarseX, fineX, nearest, weights);
        KNearestNeighbors.Search(coarseX, coarseY, coarseZ, fineX, fineY, fineZ, 3, nearest, weights);
        Normalize(nearest, weights);
    }

    internal static void WeightsScalar(
        ReadOnlySpan<float> coarseX, ReadOnlySpan<float> coarseY, ReadOnlySpan<float> coarseZ,
        ReadOnlySpan<float> fineX, ReadOnlySpan<float> fineY, ReadOnlySpan<float> fineZ,
        Span<int> nearest, Span<float> weights)
    {
        Check(coarseX, fineX, nearest, weights);
        KNearestNeighbors.SearchScalar(coarseX, coarseY, coarseZ, fineX, fineY, fineZ, 3, nearest, weights);
        Normalize(nearest, weights);
    }

    /// <summary>Turns squared distances into weights. A distance that overflowed counts nothing unless all did.</summary>
    private static void Normalize(Span<int> nearest, Span<float> weights)
    {
        for (int i = 0; i < nearest.Length; i += 3)
        {
            Span<float> w = weights.Slice(i, 3);
            float a = 1 / (w[0] + 1e-8f), b = 1 / (w[1] + 1e-8f), c = 1 / (w[2] + 1e-8f);
            float sum = (a + b) + c;
            if (sum > 0)
                (w[0], w[1], w[2]) = (a / sum, b / sum, c / sum);
            else
                (w[0], w[1], w[2]) = (1, 0, 0);
            int first = Math.Max(0, nearest[i]);
            for (int n = 0; n < 3; n++)
                nearest[i + n] = nearest[i + n] < 0 ? first : nearest[i + n];
        }
    }

    private static void Check(ReadOnlySpan<float> coarse, ReadOnlySpan<float> fine, Span<int> nearest, Span<float> weights)
    {
        if (coarse.IsEmpty && !fine.IsEmpty)
            throw new ArgumentException($"{fine.Length} fine points but no coarse ones.", nameof(coarse));
        Arguments.Length(nearest.Length, 3L * fine.Length, nameof(nearest));
        Arguments.Length(weights.Length, 3L * fine.Length, nameof(weights));
    }
}
