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

        float[] perPoint = (float[])first.Weight.Clone();
        for (int i = 0; i < 3 * width; i++) perPoint[i] /= grouping.Unit;
        float[] perSample = new float[3 * width];
        for (int i = 0; i < perSample.Length; i++) perSample[i] = -perPoint[i];

        Value points = Builder.Node("Concat", $"{name}.points", [grouping.Positions, grouping.Features], LastAxis);
        Value pointTerm = Builder.Node("MatMul", $"{first.Name}.point", [points, Builder.Constant($"{first.Name}.point.weight", perPoint, inputs, width)]);
        Value sampleTerm = Gemm($"{first.Name}.sample", grouping.Samples, perSample, first.Bias);
        Value gathered = Builder.Node("Gather", $"{name}.grouped", [pointTerm, grouping.Neighbors]);
        if (layers.Length == 1)
        {
            Value best = Max($"{name}.max", gathered);
            return Relu($"{name}.pooled", Builder.Node("Add", $"{first.Name}.linear", [best, sampleTerm]));
        }

        Value perGroup = Builder.Node("Unsqueeze", $"{first.Name}.sample.group", [sampleTerm, Builder.Integers(1)]);
        Value rows = Relu($"{first.Name}.relu", Builder.Node("Add", $"{first.Name}.linear", [gathered, perGroup]));
        rows = Builder.Node("Reshape", $"{name}.rows", [rows, Builder.Integers(-1, width)]);
        for (int i = 1; i < layers.Length - 1; i++) rows = Dense(rows, layers[i].Fold());

        LinearLayer last = layers[^1].Fold();
        rows = Builder.Node("MatMul", $"{last.Name}.linear", [rows, Weight(last)]);
        Value groups = Builder.Node("Reshape", $"{name}.groups", [rows, Builder.Integers(-1, grouping.NeighborCount, last.Outputs)]);
        Value biased = Builder.Node("Add", $"{last.Name}.biased", [Max($"{name}.max", groups), Builder.Constant($"{last.Name}.bias", last.Bias, last.Outputs)]);
        return Relu($"{name}.pooled", biased);
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
            : Builder.Constant($"{first.Name}.bias", first.Bias, width);
        Value rows = Relu($"{first.Name}.relu", Builder.Node("Add", $"{first.Name}.linear", [sum, own]));
        foreach (CheckpointLayer layer in layers[1..]) rows = Dense(rows, layer.Fold());
        return rows;
    }

    public override void Score(Value features, CheckpointLayer[] layers)
    {
        foreach (CheckpointLayer layer in layers[..^1]) features = Dense(features, layer.Fold());
        LinearLayer last = layers[^1].Fold();
        Gemm(PointNet2Graph.Scores, features, last.Weight, last.Bias);
    }

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

    private Value Dense(Value rows, LinearLayer layer) => Relu($"{layer.Name}.relu", Gemm($"{layer.Name}.linear", rows, layer.Weight, layer.Bias));

    private Value Gemm(string name, Value rows, ReadOnlySpan<float> weight, float[] bias) => Builder.Node("Gemm", name,
    [
        rows,
        Builder.Constant($"{name}.weight", weight, weight.Length / bias.Length, bias.Length),
        Builder.Constant($"{name}.bias", bias, bias.Length),
    ]);

    private Value Weight(LinearLayer layer) => Builder.Constant($"{layer.Name}.weight", layer.Weight, layer.Inputs, layer.Outputs);

    private Value Max(string name, Value groups) =>
        Builder.Node("ReduceMax", name, [groups], new OnnxAttribute("axes", new[] { 1L }), new OnnxAttribute("keepdims", 0L));
}
