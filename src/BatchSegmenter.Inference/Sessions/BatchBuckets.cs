using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Sessions;

/// <summary>
/// The few sizes that batches for accelerators are filled up to: their engines are made, and their memory is laid out, for each shape anew. Blocks
/// go up to the next power of two, points of a block to the next multiple of <see cref="PointStep"/>, and the points of each level follow from these.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="mostBlocks">Blocks of the largest batch, which is a size of its own.</param>
internal sealed class BatchBuckets(PointNet2Description network, int mostBlocks)
{
    /// <summary>Points of a block are filled up to a multiple of this.</summary>
    public const int PointStep = 512;

    /// <summary>The size that a batch is filled up to.</summary>
    /// <param name="blocks">Its blocks, at least 1.</param>
    /// <param name="points">Points of its largest block, at least 1.</param>
    public BatchSize Of(int blocks, int points) => Exactly(
        blocks >= mostBlocks ? blocks : (int)Math.Min(System.Numerics.BitOperations.RoundUpToPowerOf2((uint)blocks), (uint)mostBlocks),
        (points + PointStep - 1) / PointStep * PointStep);

    /// <summary>Shapes of the network's inputs for the least or the largest batch, as TensorRT is told: <c>positions:512x3,…</c>.</summary>
    /// <param name="blocks">Its blocks.</param>
    /// <param name="points">Points of each.</param>
    public string Shapes(int blocks, int points)
    {
        BatchSize size = Of(blocks, points);
        return string.Join(',', PointNet2Graph.Inputs(network).Select(input => FormattableString.Invariant($"{input.Name}:{string.Join('x', input.Shape.Select(extent => Extent(extent, size)))}")));
    }

    private BatchSize Exactly(int blocks, int points) => new(blocks, [.. network.SampleCounts(points)]);

    private static long Extent(Dimension extent, BatchSize size) => extent switch
    {
        { Size: long known } => known,
        { Symbol: "all" } => size.PerBlock[^2],
        { Symbol: "blocks" } => size.Blocks,
        { Symbol: "blockpoints" } => size.PerBlock[0],
        { Symbol: string points } => size.Rows(int.Parse(points["points".Length..], System.Globalization.CultureInfo.InvariantCulture)),
        _ => throw new ArgumentException("An input has an extent without a name."),
    };
}

/// <summary>What a batch is filled up to.</summary>
/// <param name="Blocks">Its blocks.</param>
/// <param name="PerBlock">Points of a block at each level, from level 0.</param>
internal sealed record BatchSize(int Blocks, IReadOnlyList<int> PerBlock)
{
    /// <summary>Points of all blocks at a level.</summary>
    public int Rows(int level) => checked(Blocks * PerBlock[level]);
}
