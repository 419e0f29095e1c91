namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>Our own trainer's layout, which is the canonical one: <c>{layer}.linear</c> and <c>{layer}.norm</c>, the head's last layer with a bias instead of a norm.</summary>
internal static class TrainerPointNet2
{
    public static bool Fits(CheckpointKeys keys) => keys.Any("levels.0.0.");

    /// <exception cref="InvalidCheckpointException">A tensor is missing or of another shape.</exception>
    public static PointNet2Shapes Read(CheckpointKeys keys)
    {
        int features = 0;
        List<LevelShapes> levels = [];
        for (int level = 0; level < keys.Count("levels."); level++)
        {
            int? inputs = level == 0 ? null : 3 + levels[^1].Width;
            List<int[]> scales = [];
            for (int scale = 0; scale < Math.Max(keys.Count($"levels.{level}."), 1); scale++)
            {
                (int found, int[] widths) = Chain(keys, $"levels.{level}.{scale}", inputs);
                inputs = found;
                scales.Add(widths);
            }
            if (level == 0) features = inputs!.Value - 3;
            levels.Add(new LevelShapes(scales));
        }
        if (features < 0) throw new InvalidCheckpointException(keys.Path, $"tensor levels.0.0.0.linear.weight takes {features + 3} channels; expected at least 3, the relative coordinates");

        int count = keys.Count("propagation.");
        if (count != levels.Count) throw new InvalidCheckpointException(keys.Path, $"there are {levels.Count} levels but {count} propagation steps; expected as many of each");
        List<PropagationDescription> propagation = [];
        int coarse = levels[^1].Width;
        for (int step = 0; step < count; step++)
        {
            int finer = count - 1 - step;
            (int inputs, int[] widths) = Chain(keys, $"propagation.{step}", null);
            propagation.Add(new PropagationDescription { Widths = widths, Skip = keys.Skips($"propagation.{step}.0.linear.weight", inputs, coarse, finer > 0 ? levels[finer - 1].Width : features) });
            coarse = widths[^1];
        }

        int heads = keys.Count("head.");
        (_, int[] head) = keys.Chain("head", heads, i => Own($"head.{i}", i < heads - 1), coarse);
        return new PointNet2Shapes
        {
            Family = NetworkFamily.Trainer,
            Name = NetworkFamily.Trainer.Name,
            Features = features,
            Levels = levels,
            Propagation = propagation,
            Head = head[..^1],
            Classes = head[^1],
            Rule = new NetworkParameters
            {
                LastLevelAll = false,
                PositionsAsFeatures = false,
                RadiusExclusive = false,
                Interpolation = InterpolationWeight.InverseSquaredDistance,
                LogSoftmax = false,
            },
        };
    }

    private static (int Inputs, int[] Widths) Chain(CheckpointKeys keys, string name, int? inputs) =>
        keys.Chain(name, keys.Count($"{name}."), i => Own($"{name}.{i}", normalized: true), inputs);

    private static LayerKeys Own(string layer, bool normalized)
    {
        LayerTensors tensors = LayerTensors.Own(layer, normalized);
        return new LayerKeys(tensors.Linear, tensors.Norm, Bias: !normalized);
    }
}
