namespace BatchSegmenter.Onnx.Networks;

/// <summary>A layer as the description asks for it: what it is called and how large it is.</summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Inputs">Input channels.</param>
/// <param name="Outputs">Output channels.</param>
/// <param name="Normalized">Whether batch norm follows.</param>
/// <param name="Activated">Whether ReLU follows.</param>
internal readonly record struct LayerShape(string Name, int Inputs, int Outputs, bool Normalized, bool Activated = true)
{
    /// <summary>All layers of a network, in the order that data takes.</summary>
    public static IEnumerable<LayerShape> All(PointNet2Description description)
    {
        IEnumerable<int> levels = Enumerable.Range(0, description.Levels.Count);
        return
        [
            .. OfStem(description),
            .. levels.SelectMany(level => (LayerShape[])
            [
                .. description.Levels[level].Scales.SelectMany((_, scale) => OfScale(description, level, scale)),
                .. OfResidual(description, level),
                .. Enumerable.Range(0, description.Levels[level].Blocks?.Count ?? 0).SelectMany(block => OfBlock(description, level, block)),
            ]),
            .. Enumerable.Range(0, description.Propagation.Count).SelectMany(step => OfPropagation(description, step)),
            .. OfHead(description),
        ];
    }

    /// <summary>The layer before the first level, or none.</summary>
    public static LayerShape[] OfStem(PointNet2Description description) =>
        description.Stem == 0 ? [] : [new("stem", description.Features, description.Stem, Normalized: false, Activated: false)];

    /// <summary>The layers of one scale of a level, in order.</summary>
    /// <param name="description">The network.</param>
    /// <param name="level">0 for the finest set abstraction.</param>
    /// <param name="scale">Index of the scale.</param>
    public static LayerShape[] OfScale(PointNet2Description description, int level, int scale)
    {
        LayerShape[] layers = Chain($"levels.{level}.{scale}", 3 + description.LevelWidth(level), description.Levels[level].Scales[scale].Widths);
        layers[^1] = layers[^1] with { Activated = !description.Levels[level].Residual };
        return layers;
    }

    /// <summary>The layer that makes the samples' own features as wide as what was pooled, or none.</summary>
    public static LayerShape[] OfResidual(PointNet2Description description, int level)
    {
        (int before, int after) = (description.LevelWidth(level), description.LevelWidth(level + 1));
        return !description.Levels[level].Residual || before == after ? [] : [new($"levels.{level}.residual", before, after, Normalized: false, Activated: false)];
    }

    /// <summary>The three layers of an inverted residual block: over neighbours, widening, narrowing.</summary>
    public static LayerShape[] OfBlock(PointNet2Description description, int level, int block)
    {
        int width = description.LevelWidth(level + 1);
        LayerShape[] layers = Chain($"levels.{level}.blocks.{block}", 3 + width, [width, description.Levels[level].Blocks![block].Hidden, width]);
        layers[^1] = layers[^1] with { Activated = false };
        return layers;
    }

    /// <summary>The layers of one propagation step, 0 being the coarsest. Skip channels come first.</summary>
    public static LayerShape[] OfPropagation(PointNet2Description description, int step)
    {
        int coarse = step == 0 ? description.LevelWidth(description.Levels.Count) : description.Propagation[step - 1].Widths[^1];
        return Chain($"propagation.{step}", description.SkipWidth(step) + coarse, description.Propagation[step].Widths);
    }

    /// <summary>The layers of the head; the last one scores the classes, without norm and ReLU.</summary>
    public static LayerShape[] OfHead(PointNet2Description description)
    {
        LayerShape[] layers = Chain("head", description.HeadInputs, [.. description.Head, description.Classes]);
        layers[^1] = layers[^1] with { Normalized = false, Activated = false };
        return layers;
    }

    /// <summary>Layers with norm and ReLU, one after another.</summary>
    public static LayerShape[] Chain(string prefix, int inputs, IReadOnlyList<int> widths)
    {
        LayerShape[] layers = new LayerShape[widths.Count];
        for (int i = 0; i < layers.Length; i++)
            layers[i] = new LayerShape($"{prefix}.{i}", i == 0 ? inputs : widths[i - 1], widths[i], Normalized: true);
        return layers;
    }
}
