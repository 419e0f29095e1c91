using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// The network rewritten so that less is computed, exactly: a layer that follows a gather or an interpolation is applied
/// before it, <c>W·[x_j − x_i, f_j] + b = (W_x x_j + W_f f_j) + (b − W_x x_i)</c>; and since ReLU and adding a constant keep order,
/// the last layer's bias and ReLU come after the maximum over neighbours. Layers run on [rows, channels], where bias and ReLU fuse into Gemm.
/// </summary>
internal sealed class RewrittenForm(GraphBuilder builder) : PointNet2Form(builder)
{
    public override Value Abstract(Grouping grouping, CheckpointLayer[] layers)
    {
        string name = grouping.Name;
        LinearLayer first = layers[0].Fold();
        (int inputs, int width) = (first.Inputs, first.Outputs);
        Value pointTerm = Builder.Node(
            "MatMul", $"{first.Name}.point", [Points(grouping), Builder.Constant($"{first.Name}.point.weight", PerPoint(grouping, first), inputs, width)]);
        Value sampleTerm = SampleTerm(grouping, first);
        Value gathered = Builder.Node("Gather", $"{name}.grouped", [pointTerm, grouping.Neighbors]);
        if (layers.Length == 1)
            return Pooled(grouping, Builder.Node("Add", $"{first.Name}.linear", [Max($"{name}.max", gathered), sampleTerm]));

        Value perGroup = grouping.Samples is null ? sampleTerm : Builder.Node("Unsqueeze", $"{first.Name}.sample.group", [sampleTerm, Builder.Integers(1)]);
        Value rows = Relu($"{first.Name}.relu", Builder.Node("Add", $"{first.Name}.linear", [gathered, perGroup]));
        rows = Transform(Builder.Node("Reshape", $"{name}.rows", [rows, Builder.Integers(-1, width)]), layers[1..^1]);

        LinearLayer last = layers[^1].Fold();
        rows = Builder.Node("MatMul", $"{last.Name}.linear", [rows, Weight(last)]);
        Value groups = Builder.Node("Reshape", $"{name}.groups", [rows, GroupShape(grouping, last.Outputs)]);
        return Pooled(grouping, Builder.Node("Add", $"{last.Name}.biased", [Max($"{name}.max", groups), Bias(last)]));
    }

    public override Value Propagate(Interpolation interpolation, CheckpointLayer[] layers)
    {
        LinearLayer first = layers[0].Fold();
        int width = first.Outputs;
        int skipWidth = interpolation.SkipWidth;
        Value coarseWeight = Builder.Constant($"{first.Name}.coarse.weight", first.Rows(skipWidth, first.Inputs - skipWidth), first.Inputs - skipWidth, width);
        Value coarse = Builder.Node("MatMul", $"{first.Name}.coarse", [interpolation.Coarse, coarseWeight]);
        Value sum = Interpolate(interpolation, coarse);
        Value own = interpolation.Skip is Value skip
            ? Gemm($"{first.Name}.skip", skip, first.Rows(0, skipWidth), first.Bias)
            : Bias(first);
        Value rows = Relu($"{first.Name}.relu", Builder.Node("Add", $"{first.Name}.linear", [sum, own]));
        return Transform(rows, layers[1..]);
    }

    public override Value Transform(Value rows, CheckpointLayer[] layers)
    {
        foreach (CheckpointLayer layer in layers)
        {
            LinearLayer folded = layer.Fold();
            Value linear = Gemm($"{folded.Name}.linear", rows, folded.Weight, folded.Bias);
            rows = layer.Shape.Activated ? Relu($"{folded.Name}.relu", linear) : linear;
        }
        return rows;
    }

    public override Value Score(Value rows, CheckpointLayer layer, string name)
    {
        LinearLayer last = layer.Fold();
        return Gemm(name, rows, last.Weight, last.Bias);
    }

    /// <summary>Positions and features side by side, the positions first.</summary>
    private Value Points(Grouping grouping) => grouping.Features is Value features
        ? Builder.Node("Concat", $"{grouping.Name}.points", [grouping.Positions, features], LastAxis)
        : grouping.Positions;

    /// <summary>The first layer's weights in the order of <see cref="Points"/>, the unit of length divided out.</summary>
    private static float[] PerPoint(Grouping grouping, LinearLayer first)
    {
        int positions = 3 * first.Outputs;
        float[] weights = grouping.FeaturesFirst
            ? [.. first.Weight.AsSpan(first.Weight.Length - positions), .. first.Weight.AsSpan(0, first.Weight.Length - positions)]
            : (float[])first.Weight.Clone();
        for (int i = 0; i < positions; i++) weights[i] /= grouping.Unit;
        return weights;
    }

    /// <summary>What a sample's position takes from the first layer of its neighbours, and the bias: [S_l, width], or [width] without samples.</summary>
    private Value SampleTerm(Grouping grouping, LinearLayer first)
    {
        if (grouping.Samples is not Value samples) return Bias(first);
        float[] perSample = PerPoint(grouping, first)[..(3 * first.Outputs)];
        for (int i = 0; i < perSample.Length; i++) perSample[i] = -perSample[i];
        return Gemm($"{first.Name}.sample", samples, perSample, first.Bias);
    }

    private Value Pooled(Grouping grouping, Value best) => Relu(
        $"{grouping.Name}.pooled",
        grouping.Residual is Value residual ? Builder.Node("Add", $"{grouping.Name}.sum", [best, residual]) : best);

    /// <summary>
    /// Weighted sum of the three nearest rows, one neighbour at a time: on [points, channels] the runtime multiplies and adds at
    /// full width, which a sum over the middle axis of [points, 3, channels] does not.
    /// </summary>
    private Value Interpolate(Interpolation interpolation, Value coarse)
    {
        string name = interpolation.Name;
        Value Weighted(int neighbor)
        {
            Value rows = Builder.Node("Gather", $"{name}.nearest.{neighbor}", [interpolation.Nearest, Builder.Integer(neighbor)], new OnnxAttribute("axis", 1L));
            Value weights = Builder.Node("Gather", $"{name}.weights.{neighbor}", [interpolation.Weights, Builder.Integers(neighbor)], new OnnxAttribute("axis", 1L));
            Value features = Builder.Node("Gather", $"{name}.features.{neighbor}", [coarse, rows]);
            return Builder.Node("Mul", $"{name}.weighted.{neighbor}", [features, weights]);
        }

        Value firstTwo = Builder.Node("Add", $"{name}.sum", [Weighted(0), Weighted(1)]);
        return Builder.Node("Add", $"{name}.interpolated", [firstTwo, Weighted(2)]);
    }

    private Value Gemm(string name, Value rows, ReadOnlySpan<float> weight, float[] bias) => Builder.Node("Gemm", name,
    [
        rows,
        Builder.Constant($"{name}.weight", weight, weight.Length / bias.Length, bias.Length),
        Builder.Constant($"{name}.bias", bias, bias.Length),
    ]);

    private Value Weight(LinearLayer layer) => Builder.Constant($"{layer.Name}.weight", layer.Weight, layer.Inputs, layer.Outputs);

    private Value Bias(LinearLayer layer) => Builder.Constant($"{layer.Name}.bias", layer.Bias, layer.Outputs);
}
