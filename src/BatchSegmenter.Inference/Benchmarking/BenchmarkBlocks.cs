using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>The blocks that a network is measured on, again and again in the same order.</summary>
/// <param name="Source">Where they come from, for people.</param>
/// <param name="Blocks">At least one, of the network's channels.</param>
public sealed record BenchmarkBlocks(string Source, IReadOnlyList<RawBlock> Blocks)
{
    /// <summary>Points of a block: the mean, where they differ.</summary>
    public double PointsPerBlock => Blocks.Average(block => block.Count);

    /// <summary>Blocks of an <c>.npz</c> file, whose scores are not looked at.</summary>
    /// <param name="path">The file.</param>
    /// <param name="network">For which they must fit.</param>
    /// <exception cref="Onnx.ModelException">The file is damaged, or its blocks do not fit.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static BenchmarkBlocks Read(string path, NetworkDescription network)
    {
        GoldenVectors file = GoldenVectors.Read(path);
        file.RequireFit(network);
        return new BenchmarkBlocks(path, [.. Enumerable.Range(0, file.Blocks).Select(block => new RawBlock(file.Points(block).ToArray(), file.PointCount, Math.Max(0, file.Category(block))))]);
    }

    /// <summary>Made-up points, for networks whose channels no simulated survey has.</summary>
    /// <param name="network">Whose channels and radii the points are for.</param>
    /// <param name="blocks">How many blocks, at least 1.</param>
    /// <param name="points">Points of each, at least 1.</param>
    /// <param name="seed">Different seeds give different points.</param>
    public static BenchmarkBlocks MadeUp(NetworkDescription network, int blocks, int points, int seed) =>
        new("made-up points", [.. Enumerable.Range(0, blocks).Select(block => TestCloud.Of(network, points, seed + block).Block)]);
}
