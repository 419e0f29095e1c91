namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>
/// PointNeXt as openpoints names it. <c>encoder.encoder.{stage}.0</c> is the stem or a set abstraction (<c>convs.i.0</c> linear, <c>.1</c> norm,
/// <c>skipconv.0</c>), <c>encoder.encoder.{stage}.{b}</c> an inverted residual block (<c>convs.convs.0</c>, <c>pwconv.0</c>, <c>pwconv.1</c>);
/// <c>decoder.decoder.{level}.0.convs.i</c>, finest first; <c>head.head.k</c> with numbers skipped by dropout, or <c>prediction.head.k</c> for
/// classification. Linear layers have a bias where no norm follows.
/// </summary>
internal static class OpenPointsPointNext
{
    public static bool Fits(CheckpointKeys keys) => keys.Any("encoder.encoder.");

    /// <exception cref="InvalidCheckpointException">A tensor is missing or of another shape, or the network is a kin that is not known.</exception>
    public static PointNet2Shapes Read(CheckpointKeys keys)
    {
        foreach (string kin in (ReadOnlySpan<string>)["decoder.global_conv", "decoder.convc."])
            if (keys.Any(kin)) throw new InvalidCheckpointException(keys.Path, $"tensors {kin}… make it a PointNeXt part segmentation, which is not known here; its semantic segmentation and classification are");

        bool classification = !keys.Any("decoder.");
        bool hasStem = keys.Has("encoder.encoder.0.0.convs.0.0.bias");
        int? width = null;
        int features = 0, stem = 0;
        if (hasStem)
        {
            (features, stem) = keys.Layer("stem", new LayerKeys("encoder.encoder.0.0.convs.0.0", null, Bias: true));
            width = stem;
        }

        int stages = keys.Count("encoder.encoder.");
        int firstStage = hasStem ? 1 : 0;
        bool residual = Enumerable.Range(0, stages).Any(stage => keys.Any($"encoder.encoder.{stage}.0.skipconv."));
        List<LevelShapes> levels = [];
        for (int stage = firstStage; stage < stages; stage++)
        {
            (int inputs, LevelShapes level) = Level(keys, stage, levels.Count, width, residual && !(classification && stage == stages - 1));
            if (width is null) features = inputs;
            levels.Add(level);
            width = level.Width;
        }
        if (levels.Count == 0) throw new InvalidCheckpointException(keys.Path, "there is no stage that samples, such as encoder.encoder.1; expected one or more");

        List<PropagationDescription> propagation = [];
        int coarse = levels[^1].Width;
        if (!classification)
        {
            int count = keys.Count("decoder.decoder.");
            if (count != levels.Count) throw new InvalidCheckpointException(keys.Path, $"there are {levels.Count} stages that sample but {count} in decoder.decoder; expected as many of each");
            for (int step = 0; step < count; step++)
            {
                int finer = count - 1 - step;
                string prefix = $"decoder.decoder.{finer}.0.convs";
                (int inputs, int[] widths) = keys.Chain($"propagation.{step}", keys.Count($"{prefix}."), i => new($"{prefix}.{i}.0", $"{prefix}.{i}.1", Bias: false));
                bool skip = keys.Skips($"{prefix}.0.0.weight", inputs, coarse, finer > 0 ? levels[finer - 1].Width : hasStem ? stem : features);
                propagation.Add(new PropagationDescription { Widths = widths, Skip = skip });
                coarse = widths[^1];
            }
        }

        (int[] head, int pooled) = Head(keys, classification ? "prediction.head" : "head.head", coarse, segmentation: !classification);
        NetworkFamily family = classification ? NetworkFamily.PointNextClassification : NetworkFamily.PointNextSegmentation;
        string? size = Size(stem, [.. levels.Select(level => level.Blocks!.Count)], [.. levels.Select(level => level.Scales[0].Length)]);
        return new PointNet2Shapes
        {
            Family = family,
            Name = size is null ? family.Name : family.Name.Replace("PointNeXt", $"PointNeXt-{size}", StringComparison.Ordinal),
            Remark = classification || size is not null ? null : $"Its widths and blocks ({string.Join(", ", levels.Select(level => level.Blocks!.Count))}) are none of the published S, B, L and XL.",
            Features = features,
            Stem = stem,
            Levels = levels,
            Propagation = propagation,
            GlobalCount = pooled,
            Head = head[..^1],
            Classes = head[^1],
            Rule = new NetworkParameters
            {
                LastLevelAll = classification,
                RelativeByRadius = true,
                RadiusExclusive = true,
                Interpolation = InterpolationWeight.InverseDistance,
                LogSoftmax = false,
            },
        };
    }

    private static (int Inputs, LevelShapes Shapes) Level(CheckpointKeys keys, int stage, int level, int? width, bool residual)
    {
        string prefix = $"encoder.encoder.{stage}";
        (int inputs, int[] widths) = keys.Chain(
            $"levels.{level}.0", keys.Count($"{prefix}.0.convs."), i => new($"{prefix}.0.convs.{i}.0", $"{prefix}.0.convs.{i}.1", Bias: false), 3 + width);
        if (inputs < 3) throw new InvalidCheckpointException(keys.Path, $"tensor {prefix}.0.convs.0.0.weight takes {inputs} channels; expected at least 3, the relative coordinates");
        int own = inputs - 3, outputs = widths[^1];
        if (residual && own != outputs) keys.Layer($"levels.{level}.residual", new LayerKeys($"{prefix}.0.skipconv.0", null, Bias: true), own, outputs);

        List<int> hidden = [];
        for (int block = 1; block <= keys.Highest($"{prefix}.", none: 0); block++)
        {
            string name = $"levels.{level}.blocks.{block - 1}";
            keys.Layer($"{name}.0", Normalized($"{prefix}.{block}.convs.convs.0"), 3 + outputs, outputs);
            (_, int middle) = keys.Layer($"{name}.1", Normalized($"{prefix}.{block}.pwconv.0"), outputs);
            keys.Layer($"{name}.2", Normalized($"{prefix}.{block}.pwconv.1"), middle, outputs);
            hidden.Add(middle);
        }
        return (own, new LevelShapes([widths], Residual: residual, Blocks: hidden));
    }

    private static LayerKeys Normalized(string prefix) => new($"{prefix}.0", $"{prefix}.1", Bias: false);

    /// <summary>
    /// The head's numbers go up by two where there is dropout between its layers, else by one. Its first layer may take the features once or
    /// twice more: what was pooled of the block (<c>global_feat</c>).
    /// </summary>
    private static (int[] Widths, int Pooled) Head(CheckpointKeys keys, string prefix, int inputs, bool segmentation)
    {
        int[] numbers = keys.Numbers($"{prefix}.");
        int stride = numbers.Length > 1 && numbers.All(number => number % 2 == 0) ? 2 : 1;
        int count = numbers.Length == 0 ? 1 : numbers[^1] / stride + 1;
        string first = $"{prefix}.0.0.weight";
        int pooled = segmentation && keys.Has(first) && keys.Peek(first).Inputs is int found && (found == 2 * inputs || found == 3 * inputs) ? found / inputs - 1 : 0;
        int joined = inputs * (1 + pooled);
        return (keys.Chain("head", count, i => new($"{prefix}.{i * stride}.0", i == count - 1 ? null : $"{prefix}.{i * stride}.1", Bias: i == count - 1), joined).Widths, pooled);
    }

    private static string? Size(int stem, int[] blocks, int[] layers) => (stem, blocks, layers) switch
    {
        (32, [0, 0, 0, 0], [> 1, ..]) => "S",
        (32, [1, 2, 1, 1], [1, 1, 1, 1]) => "B",
        (32, [2, 4, 2, 2], [1, 1, 1, 1]) => "L",
        (64, [3, 6, 3, 3], [1, 1, 1, 1]) => "XL",
        _ => null,
    };
}
