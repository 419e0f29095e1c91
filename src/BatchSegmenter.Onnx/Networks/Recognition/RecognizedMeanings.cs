namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>Adds to a recognised architecture what its numbers mean.</summary>
internal static class RecognizedMeanings
{
    /// <exception cref="InvalidNetworkDescriptionException">A source that does not give way names another number of channels, classes or categories.</exception>
    public static RecognizedNetwork Add(ParameterLookup lookup, CheckpointKeys keys, string name, NetworkDescription description)
    {
        bool logSoftmax = lookup.Required("logSoftmax", parameters => parameters.LogSoftmax, false);
        lookup.ThrowIfMissed();
        lookup.CheckLayers(keys.Layers.Keys);
        RecognizedNetwork network = new()
        {
            Family = name,
            Description = description,
            Layers = keys.Layers,
            LogSoftmax = logSoftmax,
            Channels = lookup.Names("channels", (source, _) => source.Channels, channel => channel.Name, description.PointChannels),
            Classes = lookup.Names("classes", (_, values) => Choice(values.Classes), one => one.Name, description.Classes),
            Categories = description.Categories == 0 ? null : lookup.Names("categories", (_, values) => Choice(values.Categories), category => category, description.Categories),
            BlockPoints = lookup.Optional("blockPoints", parameters => parameters.BlockPoints),
            BlockEdge = lookup.Optional("blockEdge", parameters => parameters.BlockEdge),
            VoxelEdge = lookup.Optional("voxelEdge", parameters => parameters.VoxelEdge),
            Origins = lookup.Origins,
            Remarks = lookup.Remarks,
            Unused = [.. keys.Meaningless],
        };
        lookup.RefuseUnasked();
        return network;
    }

    private static IReadOnlyList<IReadOnlyList<T>> Choice<T>(IReadOnlyList<T>? only) => only is null ? [] : [only];
}
