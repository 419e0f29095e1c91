using System.Text.Json;
using System.Text.Json.Serialization;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>What a network scores.</summary>
public enum NetworkTask
{
    /// <summary>Every point: scores [points, classes].</summary>
    Segmentation,

    /// <summary>A block as a whole: scores [blocks, classes].</summary>
    Classification,
}

/// <summary>The architecture of a network, told apart in JSON by <c>type</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(PointNet2Description), "pointnet2")]
[JsonDerivedType(typeof(PointNetDescription), "pointnet")]
[JsonDerivedType(typeof(ForeignNetworkDescription), "onnx")]
public abstract record NetworkDescription
{
    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        AllowOutOfOrderMetadataProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        ReadCommentHandling = JsonCommentHandling.Skip,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Feature channels of a point; see each family for whether the positions are among them.</summary>
    public required int Features { get; init; }

    /// <summary>Classes scored, at least 2.</summary>
    public required int Classes { get; init; }

    /// <summary>What is scored.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public NetworkTask Task { get; init; }

    /// <summary>Object categories, one of which is told to the network with each block (part segmentation); 0 where it wants none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Categories { get; init; }

    /// <summary>
    /// Channels of the raw points that the network was trained on, the first three of them positions: the channels of golden vectors
    /// and of a self-contained graph.
    /// </summary>
    [JsonIgnore]
    public abstract int PointChannels { get; }

    /// <summary>Reads a description and checks it.</summary>
    /// <param name="json">One JSON object.</param>
    /// <param name="path">What to call it in an error.</param>
    /// <exception cref="InvalidNetworkDescriptionException">An unknown key or type, a missing key, or a value out of range.</exception>
    public static NetworkDescription Parse(string json, string path)
    {
        NetworkDescription description;
        try
        {
            description = JsonSerializer.Deserialize<NetworkDescription>(json, JsonOptions)
                ?? throw new InvalidNetworkDescriptionException(path, "the architecture is null; an object is expected");
        }
        catch (Exception fault) when (fault is JsonException or NotSupportedException)
        {
            throw new InvalidNetworkDescriptionException(path, $"the architecture can't be read: {fault.Message}", fault);
        }
        description.Validate(path);
        return description;
    }

    /// <summary>The description as JSON, indented.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, new JsonSerializerOptions(JsonOptions) { WriteIndented = true });

    /// <summary>Checks every value's range and that the parts fit each other.</summary>
    /// <param name="path">What to call the description in an error.</param>
    /// <exception cref="InvalidNetworkDescriptionException">Names the key, the value found and what was expected.</exception>
    public void Validate(string path)
    {
        DescriptionCheck check = new(path);
        check.Require(Classes >= 2, "classes", Classes, "at least 2");
        check.Require(Categories is >= 0 and <= 65536, "categories", Categories, "0 to 65536");
        Validate(check);
    }

    private protected abstract void Validate(DescriptionCheck check);
}

/// <summary>Refuses what is out of range, by the key's name.</summary>
/// <param name="Path">What to call the description in an error.</param>
internal readonly record struct DescriptionCheck(string Path)
{
    public void Widths(IReadOnlyList<int> widths, string key) =>
        Require(widths.Count >= 1 && widths.All(width => width is >= 1 and <= 65536), key, $"[{string.Join(", ", widths)}]", "one or more widths of 1 to 65536");

    public void Require(bool condition, string key, object? found, string expected)
    {
        if (!condition)
            throw new InvalidNetworkDescriptionException(Path, FormattableString.Invariant($"architecture.{key} is {found ?? "absent"}; expected {expected}"));
    }
}
