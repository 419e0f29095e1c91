using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>The network as it is defined, one node per step of the definition; nothing is folded or moved.</summary>
internal sealed class PlainForm(GraphBuilder builder) : PointNet2Form(builder)
{
    public override Value Abstract(Grouping grouping, CheckpointLayer[] layers)
    {
        string name = grouping.Name;
        Value relative = Builder.Node("Gather", $"{name}.positions", [grouping.Positions, grouping.Neighbors]);
        if (grouping.Samples is Value samples)
        {
            Value centres = Builder.Node("Unsqueeze", $"{name}.centres", [samples, Builder.Integers(1)]);
            relative = Builder.Node("Sub", $"{name}.relative", [relative, centres]);
        }

        if (grouping.Unit != 1) relative = Builder.Node("Div", $"{name}.scaled", [relative, Builder.Constant($"{name}.unit", [grouping.Unit])]);
        Value grouped = relative;
        if (grouping.Features is Value all)
        {
            Value features = Builder.Node("Gather", $"{name}.features", [all, grouping.Neighbors]);
            grouped = Builder.Node("Concat", $"{name}.grouped", grouping.FeaturesFirst ? [features, relative] : [relative, features], LastAxis);
        }

        Value rows = Builder.Node("Reshape", $"{name}.rows", [grouped, Builder.Integers(-1, layers[0].Shape.Inputs)]);
        Value groups = Builder.Node("Reshape", $"{name}.groups", [Transform(rows, layers), GroupShape(grouping, layers[^1].Shape.Outputs)]);
        if (grouping.Residual is not Value residual) return Max($"{name}.pooled", groups);
        return Relu($"{name}.pooled", Builder.Node("Add", $"{name}.sum", [Max($"{name}.max", groups), residual]));
    }

    public override Value Propagate(Interpolation interpolation, CheckpointLayer[] layers)
    {
        Value joined = Interpolate(interpolation);
        if (interpolation.Skip is Value skip) joined = Builder.Node("Concat", $"{interpolation.Name}.joined", [skip, joined], LastAxis);
        return Transform(joined, layers);
    }

    public override Value Transform(Value rows, CheckpointLayer[] layers)
    {
        foreach (CheckpointLayer layer in layers)
        {
            string name = layer.Shape.Name;
            Value linear = Linear(rows, layer);
            if (layer.Bias is not null) linear = Builder.Node("Add", $"{name}.biased", [linear, Bias(layer)]);
            if (layer.Norm is not null) linear = Normalize(linear, layer);
            rows = layer.Shape.Activated ? Relu($"{name}.relu", linear) : linear;
        }
        return rows;
    }

    public override Value Score(Value rows, CheckpointLayer layer, string name) => Builder.Node("Add", name, [Linear(rows, layer), Bias(layer)]);

    private Value Linear(Value rows, CheckpointLayer layer)
    {
        Value weight = Builder.Constant($"{layer.Shape.Name}.linear.weight", layer.Weight, layer.Shape.Outputs, layer.Shape.Inputs);
        return Builder.Node("Gemm", $"{layer.Shape.Name}.linear", [rows, weight], new OnnxAttribute("transB", 1L));
    }

    private Value Bias(CheckpointLayer layer) => Builder.Constant($"{layer.Shape.Name}.linear.bias", layer.Bias ?? new float[layer.Shape.Outputs], layer.Shape.Outputs);

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
