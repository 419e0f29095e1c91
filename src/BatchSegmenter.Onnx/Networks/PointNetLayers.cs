using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// Writes PointNet down on rows of points, batch norm folded. The head's first layer takes the block's features apart from the points',
/// <c>W·[g, p] = W_g g + W_p p</c>, so that what all points share is computed once.
/// </summary>
internal sealed class PointNetLayers(PointNetWeights weights, GraphBuilder builder, PointsInput points)
{
    private readonly PointNetDescription _description = weights.Description;
    private readonly RewrittenForm _form = new(builder);

    /// <summary>From points to raw scores [batch · points, classes], whose node has the given name.</summary>
    public Value Score(string scores)
    {
        CheckpointLayer[] encoder = weights.Of(PointNetShapes.OfEncoder(_description));
        int width = encoder[0].Shape.Outputs;
        Value first = _form.Transform(Turned(), encoder[..1]);
        Value matrix = Matrix("featureTransform", first, width);
        Value turned = builder.Node("MatMul", "features.turned", [points.ToBlocks("features", first, width), matrix]);
        Value own = points.ToRows("features.rows", turned, width);
        Value block = Pooled("encoder", _form.Transform(own, encoder[1..]), encoder[^1].Shape.Outputs);

        CheckpointLayer[] head = weights.Of(PointNetShapes.OfHead(_description));
        return _form.Score(_form.Transform(Joined(head[0].Fold(), block, own), head[1..^1]), head[^1], scores);
    }

    /// <summary>The points' channels, the positions turned: [batch · points, channels].</summary>
    private Value Turned()
    {
        Value blocks = points.ToBlocks("input.blocks", points.Rows, _description.Features);
        Value turned = builder.Node("MatMul", "positions.turned", [points.Channels("positions", blocks, 0, 3), Matrix("inputTransform", points.Rows, 3)]);
        if (_description.Features > 3)
            turned = builder.Node("Concat", "channels.turned", [turned, points.Channels("channels", blocks, 3, _description.Features)], new OnnxAttribute("axis", -1L));
        return points.ToRows("channels.rows", turned, _description.Features);
    }

    /// <summary>A block's learned matrix, the identity added: [batch, side, side].</summary>
    private Value Matrix(string name, Value rows, int side)
    {
        CheckpointLayer[] encoder = weights.Of(PointNetShapes.OfTransformEncoder(_description, name)), head = weights.Of(PointNetShapes.OfTransformHead(_description, name));
        Value block = Pooled($"{name}.encoder", _form.Transform(rows, encoder), encoder[^1].Shape.Outputs);
        Value matrix = builder.Node("Reshape", $"{name}.square", [_form.Transform(block, head), builder.Integers(-1, side, side)]);
        float[] identity = new float[side * side];
        for (int i = 0; i < side; i++) identity[i * (side + 1)] = 1;
        return builder.Node("Add", $"{name}.matrix", [matrix, builder.Constant($"{name}.identity", identity, side, side)]);
    }

    /// <summary>The largest of a block's rows: [batch, width].</summary>
    private Value Pooled(string name, Value rows, int width) => builder.Node(
        "ReduceMax", $"{name}.pooled", [points.ToBlocks($"{name}.blocks", rows, width)], new OnnxAttribute("axes", new[] { 1L }), new OnnxAttribute("keepdims", 0L));

    private Value Joined(LinearLayer layer, Value block, Value own)
    {
        int blockWidth = _description.Encoder[^1], width = layer.Outputs;
        Value ofBlock = builder.Node("Gemm", $"{layer.Name}.block",
        [
            block,
            builder.Constant($"{layer.Name}.block.weight", layer.Rows(0, blockWidth), blockWidth, width),
            builder.Constant($"{layer.Name}.bias", layer.Bias, width),
        ]);
        Value ofPoints = builder.Node("MatMul", $"{layer.Name}.points", [own, builder.Constant($"{layer.Name}.points.weight", layer.Rows(blockWidth, layer.Inputs - blockWidth), layer.Inputs - blockWidth, width)]);
        Value blocks = points.ToBlocks($"{layer.Name}.blocks", ofPoints, width);
        Value sum = builder.Node("Add", $"{layer.Name}.linear", [blocks, builder.Node("Unsqueeze", $"{layer.Name}.block.each", [ofBlock, builder.Integers(1)])]);
        return points.ToRows($"{layer.Name}.rows", builder.Node("Relu", $"{layer.Name}.relu", [sum]), width);
    }
}
