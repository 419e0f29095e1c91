using System.Text.Json;
using System.Text.Json.Serialization;

namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>The meaning of an input channel. The network is fed <c>Scale · value + Offset</c>, the value being in <see cref="Unit"/>.</summary>
/// <param name="Name">A short name, unique among the channels, such as <c>red</c>.</param>
/// <param name="Unit">Unit of the value before scaling, such as <c>m</c> or <c>0 to 255</c>.</param>
/// <param name="Scale">Factor.</param>
/// <param name="Offset">Added after the factor.</param>
/// <param name="Meaning">A sentence for people.</param>
public sealed record ChannelMeaning(string Name, string Unit = "", double Scale = 1, double Offset = 0, string Meaning = "");

/// <summary>A class that the network scores.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Color">For pictures, <c>#rrggbb</c>; null where there is no usual one.</param>
/// <param name="Asprs">ASPRS code, 0 to 255; null where it has none.</param>
public sealed record ClassMeaning(string Name, string? Color = null, int? Asprs = null);

/// <summary>
/// What the keys and shapes of a checkpoint can't tell about its network; null where not told. A description file is one JSON object of these,
/// keys in camel case, comments allowed, unknown keys refused. Levels count from the finest; a last level of all points has no entry
/// in the lists per level.
/// </summary>
public sealed record NetworkParameters
{
    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>Points sampled per level. At most one of this, <see cref="Strides"/> and <see cref="Ratios"/>.</summary>
    public IReadOnlyList<int>? Samples { get; init; }

    /// <summary>Points of the level before per sampled point, rounded down, per level.</summary>
    public IReadOnlyList<int>? Strides { get; init; }

    /// <summary>Sampled points as a share of the level before, rounded up, per level.</summary>
    public IReadOnlyList<double>? Ratios { get; init; }

    /// <summary>Radii of the ball queries per level and scale, in units of the network's positions.</summary>
    public IReadOnlyList<IReadOnlyList<float>>? Radii { get; init; }

    /// <summary>Neighbours taken per level and scale.</summary>
    public IReadOnlyList<IReadOnlyList<int>>? Neighbors { get; init; }

    /// <summary>Radius of the ball queries of the residual blocks, per level; 0 at levels without blocks.</summary>
    public IReadOnlyList<float>? BlockRadii { get; init; }

    /// <summary>Neighbours taken in residual blocks, per level; 0 at levels without blocks.</summary>
    public IReadOnlyList<int>? BlockNeighbors { get; init; }

    /// <summary>
    /// Numbers of layers of each part, as a check of the checkpoint: of each level's scales, finest first; of each propagation step, coarsest
    /// first; of the head. (PointNet: of the encoder and head of both transforms, of the encoder, of the head.)
    /// </summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Whether a point at exactly the radius is not a neighbour.</summary>
    public bool? RadiusExclusive { get; init; }

    /// <summary>Whether relative coordinates are divided by the radius.</summary>
    public bool? RelativeByRadius { get; init; }

    /// <summary>Whether the last level is one group of all points.</summary>
    public bool? LastLevelAll { get; init; }

    /// <summary>How the three nearest samples are weighed in feature propagation.</summary>
    public InterpolationWeight? Interpolation { get; init; }

    /// <summary>What the head is told of the block as a whole besides a point's own features, in the order of the channels (<c>global_feat</c>).</summary>
    public IReadOnlyList<GlobalFeature>? Global { get; init; }

    /// <summary>Whether the features begin with the positions; else the first three channels of a point are not among its features.</summary>
    public bool? PositionsAsFeatures { get; init; }

    /// <summary>Whether the network returns logarithms of probabilities; else raw scores.</summary>
    public bool? LogSoftmax { get; init; }

    /// <summary>The meaning of the raw points' channels, positions first.</summary>
    public IReadOnlyList<ChannelMeaning>? Channels { get; init; }

    /// <summary>The classes, in the order of the scores.</summary>
    public IReadOnlyList<ClassMeaning>? Classes { get; init; }

    /// <summary>The names of the object categories that part segmentation is told.</summary>
    public IReadOnlyList<string>? Categories { get; init; }

    /// <summary>Points of a block in training.</summary>
    public int? BlockPoints { get; init; }

    /// <summary>Horizontal edge of a block in training, in units of the positions.</summary>
    public double? BlockEdge { get; init; }

    /// <summary>Edge of the voxels of which training took one point each, in units of the positions.</summary>
    public double? VoxelEdge { get; init; }

    /// <summary>Reads a description file.</summary>
    /// <param name="json">One JSON object.</param>
    /// <param name="path">What to call it in an error.</param>
    /// <exception cref="InvalidNetworkDescriptionException">No JSON, an unknown or doubled key, or a value of another kind.</exception>
    public static NetworkParameters Parse(string json, string path)
    {
        NetworkParameters parameters = Deserialize<NetworkParameters>(json, path);
        parameters.Validate(path);
        return parameters;
    }

    /// <summary>The values that are told, as a description file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, new JsonSerializerOptions(JsonOptions) { WriteIndented = true });

    /// <summary>These values, and where one is null that of <paramref name="weaker"/>. The three ways to sample count as one value.</summary>
    public NetworkParameters Merge(NetworkParameters weaker)
    {
        bool samples = Samples is not null || Strides is not null || Ratios is not null;
        return new NetworkParameters
        {
            Samples = samples ? Samples : weaker.Samples,
            Strides = samples ? Strides : weaker.Strides,
            Ratios = samples ? Ratios : weaker.Ratios,
            Radii = Radii ?? weaker.Radii,
            Neighbors = Neighbors ?? weaker.Neighbors,
            BlockRadii = BlockRadii ?? weaker.BlockRadii,
            BlockNeighbors = BlockNeighbors ?? weaker.BlockNeighbors,
            Layers = Layers ?? weaker.Layers,
            RadiusExclusive = RadiusExclusive ?? weaker.RadiusExclusive,
            RelativeByRadius = RelativeByRadius ?? weaker.RelativeByRadius,
            LastLevelAll = LastLevelAll ?? weaker.LastLevelAll,
            Interpolation = Interpolation ?? weaker.Interpolation,
            Global = Global ?? weaker.Global,
            PositionsAsFeatures = PositionsAsFeatures ?? weaker.PositionsAsFeatures,
            LogSoftmax = LogSoftmax ?? weaker.LogSoftmax,
            Channels = Channels ?? weaker.Channels,
            Classes = Classes ?? weaker.Classes,
            Categories = Categories ?? weaker.Categories,
            BlockPoints = BlockPoints ?? weaker.BlockPoints,
            BlockEdge = BlockEdge ?? weaker.BlockEdge,
            VoxelEdge = VoxelEdge ?? weaker.VoxelEdge,
        };
    }

    /// <summary>The keys of the values that are told.</summary>
    internal IEnumerable<string> Told => JsonSerializer.SerializeToNode(this, JsonOptions)!.AsObject().Select(pair => pair.Key);

    /// <exception cref="InvalidNetworkDescriptionException"/>
    internal static T Deserialize<T>(string json, string path) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, JsonOptions) ?? throw new InvalidNetworkDescriptionException(path, "it holds null; an object is expected");
        }
        catch (JsonException fault)
        {
            throw new InvalidNetworkDescriptionException(path, $"it can't be read: {fault.Message}", fault);
        }
    }

    internal void Validate(string path)
    {
        int ways = (Samples is null ? 0 : 1) + (Strides is null ? 0 : 1) + (Ratios is null ? 0 : 1);
        Require(ways <= 1, "samples", $"one of {ways} ways to sample", "at most one of samples, strides and ratios");
        Require(Radii?.All(level => level is not null) ?? true, "radii", "null at a level", "a list per level");
        Require(Neighbors?.All(level => level is not null) ?? true, "neighbors", "null at a level", "a list per level");
        Require(Global is null || Global.Count >= 1 && Global.Distinct().Count() == Global.Count, "global", $"[{string.Join(", ", Global ?? [])}]", "one or more of max and mean, each once");
        Require(BlockPoints is null or >= 1, "blockPoints", BlockPoints, "at least 1");
        Require(BlockEdge is null or (> 0 and < double.PositiveInfinity), "blockEdge", BlockEdge, "positive");
        Require(VoxelEdge is null or (> 0 and < double.PositiveInfinity), "voxelEdge", VoxelEdge, "positive");
        Names(Channels?.Select(channel => channel?.Name), "channels");
        Names(Classes?.Select(c => c?.Name), "classes");
        Names(Categories, "categories");
        foreach (ChannelMeaning channel in Channels ?? [])
            Require(double.IsFinite(channel.Scale) && channel.Scale != 0 && double.IsFinite(channel.Offset), $"channels, {channel.Name}", $"scaled by {channel.Scale} and {channel.Offset}", "finite numbers, the scale not 0");
        foreach (ClassMeaning one in Classes ?? [])
        {
            bool color = one.Color is null || one.Color.Length == 7 && one.Color[0] == '#' && one.Color.AsSpan(1).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0;
            Require(color, $"classes, color of {one.Name}", one.Color, "#rrggbb");
            Require(one.Asprs is null or (>= 0 and <= 255), $"classes, asprs of {one.Name}", one.Asprs, "0 to 255");
        }

        void Names(IEnumerable<string?>? names, string key)
        {
            HashSet<string> seen = [];
            foreach (string? name in names ?? []) Require(!string.IsNullOrEmpty(name) && seen.Add(name), key, $"with the name \"{name}\" missing or twice", "a different name each");
        }

        void Require(bool condition, string key, object? found, string expected)
        {
            if (!condition) throw new InvalidNetworkDescriptionException(path, FormattableString.Invariant($"{key} is {found}; expected {expected}"));
        }
    }
}
