using System.Text.Json.Nodes;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Inference.Conversion;

/// <summary>What a bundle's <c>model.json</c> says of a network that was recognised.</summary>
internal static class ConvertedDescription
{
    private const int DefaultBlockPoints = 4096;

    public static ModelDescription Of(Checkpoint checkpoint, RecognizedNetwork network, ConversionOptions options)
    {
        NetworkDescription architecture = network.Description;
        int points = network.BlockPoints ?? DefaultBlockPoints;
        double voxel = network.VoxelEdge ?? 0;
        NeighbourhoodPlace place = architecture is PointNet2Description ? options.Neighbourhoods : NeighbourhoodPlace.Inside;
        return new ModelDescription
        {
            Format = 1,
            Name = options.Name ?? Path.GetFileNameWithoutExtension(checkpoint.Path),
            Version = options.Version,
            Description = $"{network.Family}, converted from {Path.GetFileName(checkpoint.Path)}.",
            Architecture = architecture,
            // Our own graphs leave the softmax to the votes; self-contained ones give what the checkpoint's network gives.
            Output = place == NeighbourhoodPlace.Inside && network.LogSoftmax ? ScoreKind.LogSoftmax : ScoreKind.Logits,
            Neighbourhoods = place,
            Input = new InputDescription
            {
                Thinning = new ThinningDescription(voxel, voxel),
                Block = new BlockDescription(points, Math.Max(points / 2, 1)),
                Unit = BlockUnit.Metre,
                Origin = BlockOrigin.Base,
                Features = Features(architecture, network.Channels, options.Missing),
            },
            Classes = [.. Enumerable.Range(0, architecture.Classes).Select(id => Class(id, network.Classes?[id]))],
            Provenance = Provenance(checkpoint, network),
        };
    }

    /// <summary>The channels of the features: all of a point, or those behind the positions.</summary>
    private static IReadOnlyList<FeatureDescription> Features(NetworkDescription network, IReadOnlyList<ChannelMeaning>? channels, MissingFeature missing)
    {
        int skipped = network.PointChannels - network.Features;
        return [.. Enumerable.Range(skipped, network.Features).Select(channel => channels is null
            ? new FeatureDescription($"channel_{channel}", missing) { Meaning = "not told: no preset, description file or flag says what this channel is" }
            : Feature(channels[channel], missing))];
    }

    private static FeatureDescription Feature(ChannelMeaning channel, MissingFeature missing) => new(channel.Name, missing)
    {
        Scale = channel.Scale == 1 ? null : channel.Scale,
        Offset = channel.Offset == 0 ? null : channel.Offset,
        Unit = channel.Unit.Length == 0 ? null : channel.Unit,
        Meaning = channel.Meaning.Length == 0 ? null : channel.Meaning,
    };

    private static ClassDescription Class(int id, ClassMeaning? meaning)
    {
        ClassDescription plain = new() { Id = id, Name = meaning?.Name ?? FormattableString.Invariant($"class_{id}"), Asprs = meaning?.Asprs };
        return meaning?.Color is string color ? plain with { Color = color } : plain;
    }

    private static JsonObject Provenance(Checkpoint checkpoint, RecognizedNetwork network)
    {
        JsonObject told = [], taken = [];
        foreach (ValueOrigin origin in network.Origins) taken[origin.What] = $"{origin.Value} (from {origin.From})";
        foreach ((string name, string text) in checkpoint.Scalars) told[name] = text;
        JsonObject file = new() { ["file"] = Path.GetFileName(checkpoint.Path), ["sha256"] = BundleHashes.Of(File.ReadAllBytes(checkpoint.Path)) };
        foreach ((string name, string text) in checkpoint.Remarks) file[name] = text;
        JsonObject provenance = new()
        {
            ["family"] = network.Family,
            ["checkpoint"] = file,
            ["taken"] = taken,
            ["scores"] = network.LogSoftmax ? "the checkpoint's network returns logarithms of probabilities" : "the checkpoint's network returns raw scores",
        };
        if (told.Count > 0) provenance["told"] = told;
        if (network.Categories is { } categories) provenance["categories"] = new JsonArray([.. categories.Select(name => (JsonNode)name)]);
        return provenance;
    }
}
