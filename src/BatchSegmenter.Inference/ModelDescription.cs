using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference;

/// <summary>What a model's scores are.</summary>
public enum ScoreKind
{
    /// <summary>Raw; a softmax makes them probabilities.</summary>
    Logits,

    /// <summary>Logarithms of probabilities.</summary>
    LogSoftmax,

    /// <summary>Probabilities.</summary>
    Probabilities,
}

/// <summary>The unit that block coordinates are divided by before the network sees them.</summary>
public enum BlockUnit
{
    /// <summary>The local point spacing of the block, so that one network serves many densities.</summary>
    Spacing,

    /// <summary>One metre.</summary>
    Metre,
}

/// <summary>Where neighbourhoods are computed.</summary>
public enum NeighbourhoodPlace
{
    /// <summary>By our own kernels, before the network, whose inputs they are.</summary>
    Outside,

    /// <summary>By the network, which takes points alone; or it needs none.</summary>
    Inside,
}

/// <summary>The arithmetic of a network's large layers.</summary>
public enum ModelPrecision
{
    /// <summary>Single precision.</summary>
    Fp32,

    /// <summary>Bytes, multiplied as integers.</summary>
    Int8,

    /// <summary>Half precision, for accelerators.</summary>
    Fp16,
}

/// <summary>Where the origin of block coordinates lies.</summary>
public enum BlockOrigin
{
    /// <summary>At the mean of the block's points.</summary>
    Mean,

    /// <summary>In plan in the middle of the block's box, in height at its lowest point.</summary>
    Base,
}

/// <summary>What to do with an input file that lacks what a feature is made of.</summary>
public enum MissingFeature
{
    /// <summary>Use the value that the network was trained to take for "absent".</summary>
    Fill,

    /// <summary>Refuse the file.</summary>
    Fail,
}

/// <summary>The content of a bundle's <c>model.json</c>: all that must be known to feed the network and to read its scores.</summary>
public sealed record ModelDescription
{
    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        AllowOutOfOrderMetadataProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    /// <summary>The version of this schema; 1.</summary>
    public required int Format { get; init; }

    /// <summary>A short name.</summary>
    public required string Name { get; init; }

    /// <summary>The model's own version.</summary>
    public required string Version { get; init; }

    /// <summary>One or two sentences for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>The network.</summary>
    public required NetworkDescription Architecture { get; init; }

    /// <summary><see cref="Architecture"/> where neighbourhoods are computed outside the network, which only PointNet++ and its kin can do.</summary>
    /// <exception cref="InvalidOperationException">They are not.</exception>
    [JsonIgnore]
    public PointNet2Description PointNet2 =>
        Architecture as PointNet2Description ?? throw new InvalidOperationException($"{Name} is no PointNet++ but a {Architecture.GetType().Name}.");

    /// <summary>What the scores are.</summary>
    public ScoreKind Output { get; init; }

    /// <summary>Where neighbourhoods are computed.</summary>
    public NeighbourhoodPlace Neighbourhoods { get; init; }

    /// <summary>The arithmetic of the network; where it is not single precision, <see cref="Quantization"/> says what that cost.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ModelPrecision Precision { get; init; }

    /// <summary>How far the network is from the one in single precision; null for that one.</summary>
    public QuantizationDescription? Quantization { get; init; }

    /// <summary>How points become blocks and features.</summary>
    public required InputDescription Input { get; init; }

    /// <summary>The classes, in the order of the scores.</summary>
    public required IReadOnlyList<ClassDescription> Classes { get; init; }

    /// <summary>What the training data covered.</summary>
    public TrainedRange? Trained { get; init; }

    /// <summary>Where the model comes from: recipe, data, tools. Free.</summary>
    public JsonObject? Provenance { get; init; }

    /// <summary>What was measured. Free.</summary>
    public JsonObject? Metrics { get; init; }

    /// <summary>Reads a description and checks it.</summary>
    /// <param name="json">The content of <c>model.json</c>.</param>
    /// <param name="path">What to call it in an error.</param>
    /// <exception cref="InvalidModelBundleException">An unknown or missing key, a value out of range, or parts that disagree.</exception>
    public static ModelDescription Parse(string json, string path)
    {
        ModelDescription description;
        try
        {
            description = JsonSerializer.Deserialize<ModelDescription>(json, JsonOptions)
                ?? throw new InvalidModelBundleException(path, "it holds null; an object is expected");
        }
        catch (JsonException fault)
        {
            throw new InvalidModelBundleException(path, $"it can't be read: {fault.Message}", fault);
        }
        description.Validate(path);
        return description;
    }

    /// <summary>The content of <c>model.json</c>, indented, ending in a newline.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonOptions) + "\n";

    private void Validate(string path)
    {
        Require(Format == 1, "format", Format, "1; a newer version of this program may read it");
        Require(Name.Length > 0, "name", "empty", "a name");
        try
        {
            Architecture.Validate(path);
        }
        catch (InvalidNetworkDescriptionException fault)
        {
            throw new InvalidModelBundleException(path, fault.Problem, fault);
        }

        Require(Neighbourhoods == NeighbourhoodPlace.Inside || Architecture is PointNet2Description, "neighbourhoods", "\"outside\"", "\"inside\", as only architectures of type pointnet2 leave them outside");
        Require(Precision == ModelPrecision.Fp32 == Quantization is null, "quantization", Quantization is null ? "missing" : "there", "it exactly where precision is \"int8\" or \"fp16\"");
        if (Quantization is { } quantization)
        {
            Require(quantization.Tolerance >= 0 && double.IsFinite(quantization.Tolerance), "quantization.tolerance", quantization.Tolerance, "a difference of scores, 0 or more");
            Require(quantization.LabelAgreement is >= 0 and <= 1, "quantization.labelAgreement", quantization.LabelAgreement, "a share, 0 to 1");
        }

        Require(Input.Thinning.Edge >= 0 && double.IsFinite(Input.Thinning.Edge), "input.thinning.edge", Input.Thinning.Edge, "metres, 0 or more");
        Require(Input.Thinning.Height >= 0 && double.IsFinite(Input.Thinning.Height), "input.thinning.height", Input.Thinning.Height, "metres, 0 or more");
        Require(Input.Block.Points >= 1, "input.block.points", Input.Block.Points, "at least 1");
        Require(Input.Block.Core >= 1 && Input.Block.Core <= Input.Block.Points, "input.block.core", Input.Block.Core, $"1 to block.points ({Input.Block.Points})");
        Require(Input.Features.Count == Architecture.Features, "input.features", $"a list of {Input.Features.Count}", $"{Architecture.Features}, as architecture.features says");
        foreach (IGrouping<string, FeatureDescription> group in Input.Features.GroupBy(feature => feature.Name))
            Require(group.Key.Length > 0 && group.Count() == 1, "input.features", $"{group.Count()} times \"{group.Key}\"", "each name once");
        foreach (FeatureDescription feature in Input.Features)
            Require(double.IsFinite(feature.Scale ?? 1) && feature.Scale != 0 && double.IsFinite(feature.Offset ?? 0), $"input.features, {feature.Name}", $"scaled by {feature.Scale} and moved by {feature.Offset}", "finite numbers, and no scale of 0");

        Require(Classes.Count == Architecture.Classes, "classes", $"a list of {Classes.Count}", $"{Architecture.Classes}, as architecture.classes says");
        for (int id = 0; id < Classes.Count; id++) Classes[id].Validate(id, Require);
        if (Trained is not null)
            Require(Trained.Density is [>= 0, < double.PositiveInfinity] && Trained.Density[0] <= Trained.Density[1], "trained.density", $"[{string.Join(", ", Trained.Density)}]", "[least, most] in points per square metre");

        void Require(bool condition, string key, object found, string expected)
        {
            if (!condition) throw new InvalidModelBundleException(path, FormattableString.Invariant($"{key} is {found}; expected {expected}"));
        }
    }
}

/// <summary>How far a quantised network may be from the network in single precision that it was made of; measured when it was made, on the bundle's golden vectors.</summary>
/// <param name="Source">Name, version and id of the bundle that it was made of.</param>
/// <param name="Tolerance">Largest difference of a logarithm of a probability.</param>
/// <param name="LabelAgreement">Least share of rows that get the same label.</param>
public sealed record QuantizationDescription(string Source, double Tolerance, double LabelAgreement);

/// <summary>How points become blocks and features.</summary>
public sealed record InputDescription
{
    /// <summary>The voxel grid that thins points before the network; lengths in metres.</summary>
    public required ThinningDescription Thinning { get; init; }

    /// <summary>The size of a block.</summary>
    public required BlockDescription Block { get; init; }

    /// <summary>What block coordinates are divided by.</summary>
    public required BlockUnit Unit { get; init; }

    /// <summary>Where the origin of block coordinates lies.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public BlockOrigin Origin { get; init; }

    /// <summary>Feature channels, in order.</summary>
    public required IReadOnlyList<FeatureDescription> Features { get; init; }
}

/// <summary>A voxel grid.</summary>
/// <param name="Edge">Horizontal edge in metres; 0 keeps all points.</param>
/// <param name="Height">Vertical edge in metres; 0 keeps all points.</param>
public sealed record ThinningDescription(double Edge, double Height);

/// <summary>The size of a block.</summary>
/// <param name="Points">Points that the network sees at once.</param>
/// <param name="Core">Points of the middle that a block is responsible for; the others are context.</param>
public sealed record BlockDescription(int Points, int Core);

/// <summary>A feature channel.</summary>
/// <param name="Name">A name that the pipeline knows.</param>
/// <param name="Missing">What to do where a file lacks it.</param>
public sealed record FeatureDescription(string Name, MissingFeature Missing = MissingFeature.Fill)
{
    /// <summary>What the pipeline's value is multiplied by for the network; null for 1.</summary>
    public double? Scale { get; init; }

    /// <summary>What is added after that; null for 0.</summary>
    public double? Offset { get; init; }

    /// <summary>The unit of the pipeline's value, for people; null where it has none.</summary>
    public string? Unit { get; init; }

    /// <summary>What the channel means, for people; null where the name says it.</summary>
    public string? Meaning { get; init; }
}

/// <summary>What the training data covered.</summary>
/// <param name="Density">Least and most points per square metre.</param>
public sealed record TrainedRange(IReadOnlyList<double> Density);
