namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>
/// PointNet semantic segmentation of the PyTorch repository of the same author: transforms <c>feat.stn</c> and <c>feat.fstn</c>, each with
/// <c>conv1… fc1… bn1…</c>, the norms counted through; <c>feat.conv1… feat.bn1…</c>; the head <c>conv1… bn1…</c>. All linear layers have biases.
/// </summary>
internal static class PyTorchPointNet
{
    public static bool Fits(CheckpointKeys keys) => keys.Any("feat.stn.") && keys.Any("feat.fstn.") && !keys.Any("fc1.");

    /// <exception cref="InvalidCheckpointException">A tensor is missing or of another shape.</exception>
    public static PointNetDescription Read(CheckpointKeys keys)
    {
        (int features, int[] transformEncoder, int[] transformHead) = Transform(keys, "inputTransform", "feat.stn", null, 3);
        int encoderCount = keys.Highest("feat.conv", none: 1);
        // The first layer's width must be known before the transform of its features is read, and canonical order wants the transform first.
        (int Inputs, int Outputs) first = keys.Peek("feat.conv1.weight");
        (_, int[] featureEncoder, int[] featureHead) = Transform(keys, "featureTransform", "feat.fstn", first.Outputs, first.Outputs);
        if (!featureEncoder.SequenceEqual(transformEncoder) || !featureHead.SequenceEqual(transformHead))
            throw new InvalidCheckpointException(
                keys.Path, $"feat.fstn has layers of {string.Join(", ", [.. featureEncoder, .. featureHead])} channels; expected {string.Join(", ", [.. transformEncoder, .. transformHead])}, as feat.stn has");
        (_, int[] encoder) = keys.Chain("encoder", encoderCount, i => new($"feat.conv{i + 1}", $"feat.bn{i + 1}", Bias: true), features);
        int heads = keys.Highest("conv", none: 1);
        (_, int[] head) = keys.Chain("head", heads, i => new($"conv{i + 1}", i == heads - 1 ? null : $"bn{i + 1}", Bias: true), encoder[^1] + encoder[0]);
        return new PointNetDescription
        {
            Features = features,
            Classes = head[^1],
            Encoder = encoder,
            TransformEncoder = transformEncoder,
            TransformHead = transformHead,
            Head = head[..^1],
        };
    }

    /// <exception cref="InvalidNetworkDescriptionException">What was told does not fit the shapes.</exception>
    public static RecognizedNetwork Complete(PointNetDescription description, CheckpointKeys keys, IEnumerable<ParameterSource> sources)
    {
        ParameterLookup lookup = new(keys.Path, NetworkFamily.PointNetSegmentation, sources, new NetworkParameters { LogSoftmax = true });
        lookup.Shapes("family", NetworkFamily.PointNetSegmentation.Name);
        lookup.Shapes("features", $"{description.Features}");
        lookup.Shapes("class count", $"{description.Classes}");
        description.Validate(keys.Path);
        return RecognizedMeanings.Add(lookup, keys, NetworkFamily.PointNetSegmentation.Name, description);
    }

    /// <summary>The layers that make a square matrix of a side.</summary>
    private static (int Inputs, int[] Encoder, int[] Hidden) Transform(CheckpointKeys keys, string name, string prefix, int? inputs, int side)
    {
        int convolutions = keys.Highest($"{prefix}.conv", none: 1);
        (int found, int[] encoder) = keys.Chain($"{name}.encoder", convolutions, i => new($"{prefix}.conv{i + 1}", $"{prefix}.bn{i + 1}", Bias: true), inputs);
        int linear = keys.Highest($"{prefix}.fc", none: 1);
        (_, int[] head) = keys.Chain($"{name}.head", linear, i => new($"{prefix}.fc{i + 1}", i == linear - 1 ? null : $"{prefix}.bn{convolutions + i + 1}", Bias: true), encoder[^1]);
        if (head[^1] != side * (long)side)
            throw new InvalidCheckpointException(keys.Path, $"tensor {prefix}.fc{linear}.weight makes {head[^1]} values; expected {side * (long)side}, a matrix of {side} rows");
        return (found, encoder, head[..^1]);
    }
}
