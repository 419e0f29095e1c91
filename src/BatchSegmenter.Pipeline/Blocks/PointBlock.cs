namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>The window of points that the network sees at once.</summary>
/// <param name="Index">Number of the block within its tile.</param>
/// <param name="ThinnedIndex">The tile's thinned point behind each block point. Their order is shuffled, by a fixed rule: ball
/// query takes the first hits in index order, and in an order of space those would all lie to one side.</param>
/// <param name="Spacing">Median spacing of the block's points, metres.</param>
/// <param name="Positions">[points, 3], centred, in the bundle's unit: <paramref name="Spacing"/>, or metres.</param>
/// <param name="Features">[points, channels] as the bundle lists them.</param>
public sealed record PointBlock(int Index, int[] ThinnedIndex, float Spacing, float[] Positions, float[] Features)
{
    /// <summary>Number of points.</summary>
    public int Count => ThinnedIndex.Length;
}
