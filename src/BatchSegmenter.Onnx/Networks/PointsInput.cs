using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// The way in and out of a graph that takes points alone: <c>points</c> [batch, channels, points] float32 and, for networks that ask for it,
/// <c>category</c> [batch, categories] in; <c>scores</c> [batch, points, classes], or [batch, classes] for classification, out. Batch and points are any numbers.
/// </summary>
internal sealed class PointsInput
{
    private static readonly Dimension Batch = "batch", Points = "points";

    private readonly GraphBuilder _builder;
    private readonly NetworkDescription _description;
    private readonly Value? _category;

    // Classification without sampling of its own asks for neither; nodes without use are a pitfall.
    private readonly Lazy<(Value Batch, Value Count)> _extents;

    /// <summary>Declares the inputs.</summary>
    public PointsInput(GraphBuilder builder, NetworkDescription description)
    {
        (_builder, _description) = (builder, description);
        Cloud = builder.Input(new OnnxValue("points", ElementType.Float32, [Batch, description.PointChannels, Points]));
        if (description.Categories > 0) _category = builder.Input(new OnnxValue("category", ElementType.Float32, [Batch, description.Categories]));
        _extents = new(() =>
        {
            Value extents = builder.Node("Shape", "input.extents", [Cloud]);
            return (builder.Node("Gather", "input.batch", [extents, builder.Integers(0)]), builder.Node("Gather", "input.points", [extents, builder.Integers(2)]));
        });
        Value turned = builder.Node("Transpose", "input.turned", [Cloud], new OnnxAttribute("perm", new[] { 0L, 2, 1 }));
        Rows = ToRows("input.rows", turned, description.PointChannels);
    }

    /// <summary>[batch, channels, points].</summary>
    public Value Cloud { get; }

    /// <summary>The points of all blocks, one block after another: [batch · points, channels].</summary>
    public Value Rows { get; }

    /// <summary>The category of each point, [batch · points, categories], or null.</summary>
    public Value? Category()
    {
        if (_category is not Value told) return null;
        Value single = _builder.Node("Unsqueeze", "category.block", [told, _builder.Integers(1)]);
        Value each = _builder.Node("Expand", "category.points", [single, Extents("category.extents", _description.Categories)]);
        return ToRows("category.rows", each, _description.Categories);
    }

    /// <summary>Channels <paramref name="first"/> to before <paramref name="end"/> of values whose last axis is channels.</summary>
    public Value Channels(string name, Value values, int first, int end) =>
        _builder.Node("Slice", name, [values, _builder.Integers(first), _builder.Integers(end), _builder.Integers(-1)]);

    /// <summary>[batch, points, width] to [batch · points, width].</summary>
    public Value ToRows(string name, Value blocks, int width) => _builder.Node("Reshape", name, [blocks, _builder.Integers(-1, width)]);

    /// <summary>[batch · points, width] to [batch, points, width].</summary>
    public Value ToBlocks(string name, Value rows, int width) => _builder.Node("Reshape", name, [rows, Extents($"{name}.extents", width)]);

    /// <summary>Makes raw scores, [batch · points, classes] or [batch, classes], the graph's output.</summary>
    /// <param name="scores">What the last layer gives.</param>
    /// <param name="logSoftmax">Whether the logarithm of the softmax over the classes is taken.</param>
    public void Output(Value scores, bool logSoftmax)
    {
        bool whole = _description.Task == NetworkTask.Classification;
        if (!whole) scores = ToBlocks(logSoftmax ? "scores.raw" : PointNet2Graph.Scores, scores, _description.Classes);
        if (logSoftmax) _builder.Node("LogSoftmax", PointNet2Graph.Scores, [scores], new OnnxAttribute("axis", -1L));
        else if (whole) _builder.Node("Identity", PointNet2Graph.Scores, [scores]);
        _builder.Output(new OnnxValue(PointNet2Graph.Scores, ElementType.Float32, whole ? [Batch, _description.Classes] : [Batch, Points, _description.Classes]));
    }

    private Value Extents(string name, int width) => _builder.Node("Concat", name, [_extents.Value.Batch, _extents.Value.Count, _builder.Integers(width)], new OnnxAttribute("axis", 0L));
}
