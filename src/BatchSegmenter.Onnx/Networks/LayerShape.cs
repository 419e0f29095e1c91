namespace BatchSegmenter.Onnx.Networks;

/// <summary>A layer as the description asks for it: where its tensors are named and how large they are.</summary>
/// <param name="Name">Prefix of the tensors' names.</param>
/// <param name="Inputs">Input channels.</param>
/// <param name="Outputs">Output channels.</param>
/// <param name="Normalized">Whether batch norm follows (and the linear layer has no bias).</param>
internal readonly record struct LayerShape(string Name, int Inputs, int Outputs, bool Normalized)
{
    /// <summary>The layers of one scale of a level, in order.</summary>
    /// <param name="description">The network.</param>
    /// <param name="level">0 for the finest set abstraction.</param>
    /// <param name="scale">Index of the scale.</param>
    public static LayerShape[] OfScale(PointNet2Description description, int level, int scale) =>
        Chain($"levels.{level}.{scale}", 3 + description.LevelWidth(level), description.Levels[level].Scales[scale].Widths);

    /// <summary>The layers of one propagation step, 0 being the coarsest. Skip channels come first.</summary>
    public static LayerShape[] OfPropagation(PointNet2Description description, int step)
    {
        int levels = description.Levels.Count;
        int coarse = step == 0 ? description.LevelWidth(levels) : description.Propagation[step - 1].Widths[^1];
        int skip = description.Propagation[step].Skip ? description.LevelWidth(levels - 1 - step) : 0;
        return Chain($"propagation.{step}", skip + coarse, description.Propagation[step].Widths);
    }

    /// <summary>The layers of the head; the last one scores the classes and has a bias instead of batch norm.</summary>
    public static LayerShape[] OfHead(PointNet2Description description)
    {
        LayerShape[] layers = Chain("head", description.Propagation[^1].Widths[^1], [.. description.Head, description.Classes]);
        layers[^1] = layers[^1] with { Normalized = false };
        return layers;
    }

    private static LayerShape[] Chain(string prefix, int inputs, IReadOnlyList<int> widths)
    {
        LayerShape[] layers = new LayerShape[widths.Count];
        for (int i = 0; i < layers.Length; i++)
            layers[i] = new LayerShape($"{prefix}.{i}", i == 0 ? inputs : widths[i - 1], widths[i], Normalized: true);
        return layers;
    }
}
