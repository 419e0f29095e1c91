using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>What one scale of a set abstraction, or a block among a level's samples, reads.</summary>
internal sealed record Grouping
{
    /// <summary>Prefix of the nodes' names.</summary>
    public required string Name { get; init; }

    /// <summary>[S_{l-1}, 3].</summary>
    public required Value Positions { get; init; }

    /// <summary>Positions of the samples, [S_l, 3]; null where coordinates stay as they are.</summary>
    public required Value? Samples { get; init; }

    /// <summary>[S_{l-1}, C], or null for none.</summary>
    public required Value? Features { get; init; }

    /// <summary>[S_l, k].</summary>
    public required Value Neighbors { get; init; }

    /// <summary>k, or 0 where it is known at run time alone.</summary>
    public required int NeighborCount { get; init; }

    /// <summary>What relative coordinates are divided by.</summary>
    public float Unit { get; init; } = 1;

    /// <summary>Whether the features stand before the relative coordinates.</summary>
    public bool FeaturesFirst { get; init; }

    /// <summary>What is added to the pooled features before ReLU, [S_l, last width]; null for nothing.</summary>
    public Value? Residual { get; init; }
}

/// <summary>What one propagation step reads.</summary>
/// <param name="Name">Prefix of the nodes' names.</param>
/// <param name="Coarse">Features of the coarser level, [S_l, C].</param>
/// <param name="Skip">The finer level's own features, [S_{l-1}, D], or null.</param>
/// <param name="SkipWidth">D, 0 without skip.</param>
/// <param name="Nearest">[S_{l-1}, 3].</param>
/// <param name="Weights">[S_{l-1}, 3].</param>
internal sealed record Interpolation(string Name, Value Coarse, Value? Skip, int SkipWidth, Value Nearest, Value Weights);

/// <summary>A way to write the network's parts as nodes. Both ways compute the same function.</summary>
internal abstract class PointNet2Form(GraphBuilder builder)
{
    protected static readonly OnnxAttribute LastAxis = new("axis", -1L);

    public GraphBuilder Builder { get; } = builder;

    /// <summary>Group, transform, pool: the features of one scale, [S_l, last width].</summary>
    public abstract Value Abstract(Grouping grouping, CheckpointLayer[] layers);

    /// <summary>Interpolate, join, transform: the finer level's features, [S_{l-1}, last width].</summary>
    public abstract Value Propagate(Interpolation interpolation, CheckpointLayer[] layers);

    /// <summary>Layer after layer over rows.</summary>
    public abstract Value Transform(Value rows, CheckpointLayer[] layers);

    /// <summary>Adds the last layer, whose node has the given name.</summary>
    public abstract Value Score(Value rows, CheckpointLayer layer, string name);

    /// <summary>An inverted residual block: pool neighbours, widen, narrow, add what went in.</summary>
    public Value Residual(Grouping grouping, CheckpointLayer[] layers)
    {
        Value pooled = Abstract(grouping, layers[..1]);
        Value sum = Builder.Node("Add", $"{grouping.Name}.sum", [Transform(pooled, layers[1..]), grouping.Features!.Value]);
        return Relu(grouping.Name, sum);
    }

    /// <summary>Puts what was pooled of each block's points behind each of its points.</summary>
    /// <param name="points">[S_0, C].</param>
    /// <param name="kinds">What is pooled, in the order of the channels.</param>
    /// <param name="all">The points of each block, filled up with points of the same block: [blocks, K].</param>
    /// <param name="shares">What each weighs in the mean, [blocks, K]; null where no mean is asked for.</param>
    /// <param name="block">The block of each point, [S_0].</param>
    /// <returns>[S_0, C · (1 + kinds)].</returns>
    public Value JoinGlobal(Value points, IReadOnlyList<GlobalFeature> kinds, Value all, Value? shares, Value block)
    {
        Value groups = Builder.Node("Gather", "global.points", [points, all]);
        Value[] pooled = [.. kinds.Select(kind => kind == GlobalFeature.Max ? Max("global.max", groups) : Mean(groups, shares!.Value))];
        Value[] each = [.. pooled.Select((value, i) => Builder.Node("Gather", $"global.{kinds[i].ToString().ToLowerInvariant()}.each", [value, block]))];
        return Builder.Node("Concat", "global.joined", [points, .. each], LastAxis);
    }

    private Value Mean(Value groups, Value shares)
    {
        Value column = Builder.Node("Unsqueeze", "global.shares", [shares, Builder.Integers(2)]);
        Value weighted = Builder.Node("Mul", "global.weighted", [groups, column]);
        return Builder.Node("ReduceSum", "global.mean", [weighted, Builder.Integers(1)], new OnnxAttribute("keepdims", 0L));
    }

    protected Value Relu(string name, Value value) => Builder.Node("Relu", name, [value]);

    /// <summary>The largest of each group.</summary>
    protected Value Max(string name, Value groups) =>
        Builder.Node("ReduceMax", name, [groups], new OnnxAttribute("axes", new[] { 1L }), new OnnxAttribute("keepdims", 0L));

    /// <summary>The shape [S_l, k, width].</summary>
    protected Value GroupShape(Grouping grouping, int width)
    {
        if (grouping.NeighborCount > 0) return Builder.Integers(-1, grouping.NeighborCount, width);
        Value extents = Builder.Node("Shape", $"{grouping.Name}.extents", [grouping.Neighbors]);
        return Builder.Node("Concat", $"{grouping.Name}.groupshape", [extents, Builder.Integers(width)], new OnnxAttribute("axis", 0L));
    }
}
