namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>Says of keys that fit no family which they are and which family is nearest.</summary>
internal static class UnknownLayout
{
    private const string Unknown = ", which is not known here";

    /// <summary>How keys of each family begin: what must be there to be told apart, and what else belongs to it. Kin that are not known are named, too.</summary>
    private static readonly (string Name, string[] Needed, string[] Others)[] Layouts =
    [
        ("a PointNet++ of the PyTorch kind", ["sa1.mlp_convs.", "fp1. or fc1."], ["sa", "fp", "fc", "conv", "bn"]),
        (NetworkFamily.PointNetSegmentation.Name, ["feat.stn.", "feat.fstn.", "conv1."], ["feat.", "conv", "bn"]),
        ($"PointNet classification{Unknown}", ["feat.stn.", "fc1."], ["feat.", "fc", "bn"]),
        ($"PointNet part segmentation{Unknown}", ["stn.", "fstn.", "convs1."], ["stn.", "fstn.", "conv", "bn"]),
        ("PointNeXt", ["encoder.encoder."], ["encoder.", "decoder.", "head.head.", "prediction."]),
        ($"PointNet++ of openpoints{Unknown}", ["encoder.SA_modules."], ["encoder.SA_modules.", "decoder.FP_modules.", "head.head."]),
        (NetworkFamily.Trainer.Name, ["levels.0.0."], ["levels.", "propagation.", "head."]),
    ];

    public static InvalidCheckpointException Of(CheckpointKeys keys)
    {
        string[] left = [.. keys.Left];
        if (left.Length == 0) return new InvalidCheckpointException(keys.Path, "it holds no tensors of a network");
        var (nearest, needed, fitting) = Layouts
            .Select(layout => (layout.Name, layout.Needed, Fitting: left.Count(key => layout.Others.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal)))))
            .OrderByDescending(layout => layout.Fitting - left.Length * layout.Needed.Count(prefix => !Present(keys, prefix)))
            .ThenByDescending(layout => layout.Fitting)
            .First();
        string[] missing = [.. needed.Where(prefix => !Present(keys, prefix)).Select(prefix => $"{prefix}…")];
        string near = fitting == 0
            ? "No family is near"
            : $"The nearest family is {nearest}{(missing.Length > 0 ? $"; of it {string.Join(", ", missing)} is missing" : "")}";
        return new InvalidCheckpointException(keys.Path, $"{NetworkRecognition.Shown(left)} no place in any network that is known. {near}");
    }

    private static bool Present(CheckpointKeys keys, string prefixes) => prefixes.Split(" or ").Any(keys.Any);
}
