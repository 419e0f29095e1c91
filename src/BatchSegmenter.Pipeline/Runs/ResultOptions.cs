using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// The options that influence results, and no others: what is written, how classes are treated, tiles, provider and precision as they were
/// resolved, how inputs are read. Not where things lie, nor cores, memory, batches, attempts: changing those redoes nothing.
/// </summary>
public static class ResultOptions
{
    private static readonly JsonSerializerOptions Json = new() { Converters = { new JsonStringEnumConverter() } };

    /// <summary>SHA-256, in lower-case hexadecimal, of the options as JSON whose keys are sorted.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="provider">The execution provider in use.</param>
    /// <param name="precision">The arithmetic of the bundle in use.</param>
    public static string Hash(SegmentationOptions options, string provider, ModelPrecision precision)
    {
        JsonNode all = JsonSerializer.SerializeToNode(
            new
            {
                options.Write,
                options.Classes,
                options.Tiles,
                Provider = provider,
                Precision = precision.ToString().ToLowerInvariant(),
                options.Faults.OnCorruptChunk,
                options.Text,
            },
            Json)!;
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(Sorted(all))));
    }

    /// <inheritdoc cref="Hash(SegmentationOptions, string, ModelPrecision)"/>
    /// <param name="options">The run's options.</param>
    /// <param name="model">The model as it was loaded.</param>
    public static string Hash(SegmentationOptions options, SegmentationModel model) =>
        Hash(options, model.RunsInHalfPrecision ? $"{model.Provider} fp16" : model.Provider, model.Bundle.Description.Precision);

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject group => new JsonObject(group.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
