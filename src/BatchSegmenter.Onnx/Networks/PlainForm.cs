using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>The network as it is defined, one node per step of the definition; nothing is folded or moved.</summary>
internal sealed class PlainForm(GraphBuilder builder) : PointNet2Form(builder)
{
    public override Value Abstract(Grouping grouping, CheckpointLayer[] layers)
    {
        string name = grouping.Name;
        Value neighbors = Builder.Node("Gather", $"{name}.positions", [grouping.Positions, grouping.Neighbors]);
        Value centres = Builder.Node("Unsqueeze", $"{name}.centres", [grouping.Samples, Builder.Integers(1)]);
        Value relative = Builder.Node("Sub", $"{name}.relative", [neighbors, centres]);
        if (grouping.Unit != 1) relative = Builder.Node("Div", $"{name}.scaled", [relative, Builder.Constant($"{name}.unit", [grouping.Unit])]);
        Value features = Builder.Node("Gather", $"{name}.features", [grouping.Features, grouping.Neighbors]);
        Value grouped = Builder.Node("Concat", $"{name}.grouped", [relative, features], LastAxis);
        Value rows = Builder.Node("Reshape", $"{name}.rows", [grouped, Builder.Integers(-1, layers[0].Shape.Inputs)]);
        Value transformed = Transform(rows, layers);
        Value groups = Builder.Node("Reshape", $"{name}.groups", [transformed, Builder.Integers(-1, grouping.NeighborCount, layers[^1].Shape.Outputs)]);
        return Builder.Node("ReduceMax", $"{name}.pooled", [groups], new OnnxAttribute("axes", new[] { 1L }), new OnnxAttribute("keepdims", 0L));
    }

    public override Value Propagate(Interpolation interpolation, CheckpointLayer[] layers)
    {
        Value joined = Interpolate(interpolation);
        if (interpolation.Skip is Value skip) joined = Builder.Node("Concat", $"{interpolation.Name}.joined", [skip, joined], LastAxis);
        return Transform(joined, layers);
    }

    public override void Score(Value features, CheckpointLayer[] layers)
    {
        CheckpointLayer last = layers[^1];
        Value linear = Linear(Transform(features, layers[..^1]), last);
        Builder.Node("Add", PointNet2Graph.Scores, [linear, Builder.Constant($"{last.Shape.Name}.linear.bias", last.Bias, last.Shape.Outputs)]);
    }

    private Value Transform(Value rows, CheckpointLayer[] layers)
    {
        foreach (CheckpointLayer layer in layers) rows = Relu($"{layer.Shape.Name}.relu", Normalize(Linear(rows, layer), layer));
        return rows;
    }

    private Value Linear(Value rows, CheckpointLayer layer)
    {
        Value weight = Builder.Constant($"{layer.Shape.Name}.linear.weight", layer.Weight, layer.Shape.Outputs, layer.Shape.Inputs);
        return Builder.Node("Gemm", $"{layer.Shape.Name}.linear", [rows, weight], new OnnxAttribute("transB", 1L));
    }

    private Value Normalize(Value rows, CheckpointLayer layer)
    {
        BatchNorm norm = layer.Norm!;
        string name = $"{layer.Shape.Name}.norm";
        long channels = layer.Shape.Outputs;
        Value[] inputs =
        [
            rows,
            Builder.Constant($"{name}.weight", norm.Weight, channels),
            Builder.Constant($"{name}.bias", norm.Bias, channels),
            Builder.Constant($"{name}.running_mean", norm.RunningMean, channels),
            Builder.Constant($"{name}.running_var", norm.RunningVariance, channels),
        ];
        return Builder.Node("BatchNormalization", name, inputs, new OnnxAttribute("epsilon", BatchNorm.Epsilon));
    }

    /// <summary>Weighted sum of the three nearest rows.</summary>
    private Value Interpolate(Interpolation interpolation)
    {
        string name = interpolation.Name;
        Value rows = Builder.Node("Gather", $"{name}.nearest", [interpolation.Coarse, interpolation.Nearest]);
        Value weights = Builder.Node("Unsqueeze", $"{name}.weights", [interpolation.Weights, Builder.Integers(2)]);
        Value products = Builder.Node("Mul", $"{name}.weighted", [rows, weights]);
        return Builder.Node("ReduceSum", $"{name}.interpolated", [products, Builder.Integers(1)], new OnnxAttribute("keepdims", 0L));
    }
}
