namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>
/// The widely used PyTorch PointNet++ (yanx27): levels <c>sa1…</c>, each with <c>mlp_convs.i</c> and <c>mlp_bns.i</c>, or per scale
/// <c>conv_blocks.s.i</c> and <c>bn_blocks.s.i</c>; propagation <c>fp1…</c>, the finest being 1; heads <c>conv1… bn1…</c> or <c>fc1… bn1…</c>.
/// All linear layers have biases. Where a level has several scales, a neighbour's features come before its relative coordinates.
/// </summary>
internal static class PyTorchPointNet2
{
    /// <summary>Whether the keys look like one of these.</summary>
    public static bool Fits(CheckpointKeys keys) => (keys.Any("sa1.mlp_") || keys.Any("sa1.conv_") || keys.Any("sa1.bn_")) && (keys.Any("fp1.") || keys.Any("fc1."));

    /// <exception cref="InvalidCheckpointException">A tensor is missing or of another shape.</exception>
    public static PointNet2Shapes Read(CheckpointKeys keys)
    {
        int levelCount = keys.Highest("sa", none: 0);
        bool classification = !keys.Any("fp1.");
        List<LevelShapes> levels = [];
        int? features = null;
        for (int level = 0; level < levelCount; level++)
        {
            (int inputs, LevelShapes shapes) = Level(keys, level, levels.Count == 0 ? null : 3 + levels[^1].Width);
            features ??= inputs - 3;
            levels.Add(shapes);
        }
        if (features is not int channels || channels < 0)
            throw new InvalidCheckpointException(keys.Path, $"tensor sa1's first weight takes {features + 3} channels; expected at least 3, the relative coordinates");

        List<PropagationDescription> propagation = [];
        int categories = 0;
        int width = levels[^1].Width;
        if (!classification)
        {
            int propagations = keys.Highest("fp", none: 0);
            if (propagations != levelCount) throw new InvalidCheckpointException(keys.Path, $"there are levels sa1 to sa{levelCount}, but propagations fp1 to fp{propagations}; expected as many of each");
            for (int step = 0; step < levelCount; step++)
            {
                int finer = levelCount - 1 - step;
                int? expected = finer == 0 ? null : levels[finer - 1].Width + width;
                string prefix = $"fp{finer + 1}";
                (int inputs, int[] widths) = keys.Chain($"propagation.{step}", keys.Count($"{prefix}.mlp_convs."), i => new($"{prefix}.mlp_convs.{i}", $"{prefix}.mlp_bns.{i}", Bias: true), expected);
                bool skip = finer > 0 || inputs != width;
                if (finer == 0 && skip && inputs != width + channels) categories = Categories(keys, inputs - width, channels);
                propagation.Add(new PropagationDescription { Widths = widths, Skip = skip });
                width = widths[^1];
            }
        }

        string layer = classification ? "fc" : "conv";
        int heads = keys.Highest(layer, none: 1);
        (_, int[] head) = keys.Chain("head", heads, i => new($"{layer}{i + 1}", i == heads - 1 ? null : $"bn{i + 1}", Bias: true), width);
        bool multi = levels.Any(level => level.FeaturesFirst);
        NetworkFamily family = classification
            ? multi ? NetworkFamily.ClassificationMulti : NetworkFamily.ClassificationSingle
            : categories > 0
                ? multi ? NetworkFamily.PartsMulti : NetworkFamily.PartsSingle
                : multi ? NetworkFamily.SegmentationMulti : NetworkFamily.SegmentationSingle;
        return new PointNet2Shapes
        {
            Family = family,
            Name = family.Name,
            Features = channels,
            Levels = levels,
            Propagation = propagation,
            Head = head[..^1],
            Classes = head[^1],
            Categories = categories,
            Rule = new NetworkParameters
            {
                LastLevelAll = classification || categories > 0,
                PositionsAsFeatures = !classification,
                RadiusExclusive = false,
                RelativeByRadius = false,
                Interpolation = InterpolationWeight.InverseSquaredDistance,
                LogSoftmax = true,
            },
        };
    }

    private static (int Inputs, LevelShapes Shapes) Level(CheckpointKeys keys, int level, int? inputs)
    {
        string prefix = $"sa{level + 1}";
        int scales = keys.Count($"{prefix}.conv_blocks.");
        if (scales == 0)
        {
            (int found, int[] widths) = keys.Chain($"levels.{level}.0", keys.Count($"{prefix}.mlp_convs."), i => new($"{prefix}.mlp_convs.{i}", $"{prefix}.mlp_bns.{i}", Bias: true), inputs);
            return (found, new LevelShapes([widths]));
        }
        List<int[]> all = [];
        for (int scale = 0; scale < scales; scale++)
        {
            (int found, int[] widths) = keys.Chain(
                $"levels.{level}.{scale}", keys.Count($"{prefix}.conv_blocks.{scale}."), i => new($"{prefix}.conv_blocks.{scale}.{i}", $"{prefix}.bn_blocks.{scale}.{i}", Bias: true), inputs);
            inputs = found;
            all.Add(widths);
        }
        return (inputs!.Value, new LevelShapes(all, FeaturesFirst: true));
    }

    /// <summary>The finest skip is the object category, the positions and the features.</summary>
    private static int Categories(CheckpointKeys keys, int skip, int features) => skip > 3 + features
        ? skip - 3 - features
        : throw new InvalidCheckpointException(
            keys.Path,
            $"fp1.mlp_convs.0 takes {skip} channels beside the interpolated ones; expected none (semantic segmentation), {features} (the features) or more than {features + 3} (category, positions and features)");
}
