using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>What one scale of a set abstraction reads.</summary>
/// <param name="Name">Prefix of the nodes' names.</param>
/// <param name="Positions">[S_{l-1}, 3].</param>
/// <param name="Samples">Positions of the samples, [S_l, 3].</param>
/// <param name="Features">[S_{l-1}, C].</param>
/// <param name="Neighbors">[S_l, k].</param>
/// <param name="NeighborCount">k.</param>
/// <param name="Unit">What relative coordinates are divided by.</param>
internal sealed record Grouping(string Name, Value Positions, Value Samples, Value Features, Value Neighbors, int NeighborCount, float Unit);

/// <summary>What one propagation step reads.</summary>
/// <param name="Name">Prefix of the nodes' names.</param>
/// <param name="Coarse">Features of the coarser level, [S_l, C].</param>
/// <param name="Skip">The finer level's own features, [S_{l-1}, D], or null.</param>
/// <param name="SkipWidth">D, 0 without skip.</param>
/// <param name="Nearest">[S_{l-1}, 3].</param>
/// <param name="Weights">[S_{l-1}, 3].</param>
internal sealed record Interpolation(string Name, Value Coarse, Value? Skip, int SkipWidth, Value Nearest, Value Weights);

/// <summary>A way to write the network's three parts as nodes. Both ways compute the same function.</summary>
internal abstract class PointNet2Form(GraphBuilder builder)
{
    protected static readonly OnnxAttribute LastAxis = new("axis", -1L);

    public GraphBuilder Builder { get; } = builder;

    /// <summary>Group, transform, pool: the features of one scale, [S_l, last width].</summary>
    public abstract Value Abstract(Grouping grouping, CheckpointLayer[] layers);

    /// <summary>Interpolate, join, transform: the finer level's features, [S_{l-1}, last width].</summary>
    public abstract Value Propagate(Interpolation interpolation, CheckpointLayer[] layers);

    /// <summary>Adds the head, whose last node is <see cref="PointNet2Graph.Scores"/>.</summary>
    public abstract void Score(Value features, CheckpointLayer[] layers);

    protected Value Relu(string name, Value value) => Builder.Node("Relu", name, [value]);
}
