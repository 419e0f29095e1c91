using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes;

/// <summary>What a model's description says of its graph; <see cref="GraphLint"/> objects only to what it does not declare.</summary>
public sealed record GraphLintOptions
{
    /// <summary>Whether the graph finds neighbourhoods itself, so that loops may stand in it. Default: it gets them as inputs.</summary>
    public bool NeighbourhoodsInside { get; init; }

    /// <summary>
    /// Whether another program exported the graph: then what only costs time, such as a batch normalization that could be folded, is a
    /// warning. Default: it was built here.
    /// </summary>
    public bool Foreign { get; init; }

    /// <summary>
    /// The inputs as the description declares them, whose fixed extents the graph may fix too. Extents of other inputs may be fixed if they
    /// are small (at most 64) and not of the first axis. Default: none.
    /// </summary>
    public IReadOnlyList<OnnxValue> DeclaredInputs { get; init; } = [];

    /// <summary>The numbers of points that would betray a graph made for just that many: a block's size, the size of an export's sample. Default: none.</summary>
    public IReadOnlyList<long> PointCounts { get; init; } = [];
}
