using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Training;

/// <summary>
/// What a model is trained on, apart from the files: the bundle it shall become, its architecture, and which class codes teach what.
/// </summary>
public sealed class TrainingRecipe
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>The bundle's <c>model.json</c>, less architecture, provenance and metrics.</summary>
    public required JsonObject Bundle { get; init; }

    /// <summary>The architecture description.</summary>
    public required JsonObject Architecture { get; init; }

    /// <summary>ASPRS code → class id. Points of other codes are input without a target.</summary>
    public required Dictionary<int, int> Targets { get; init; }

    /// <summary>ASPRS codes whose points are not even input, such as noise and virtual points.</summary>
    public int[] Hidden { get; init; } = [7, 18];

    /// <summary>Lowest density, in points/m², that dense surveys are thinned down to.</summary>
    public double SparsestDensity { get; init; } = 0.1;

    /// <summary>
    /// File name without extension → height in metres: points of vegetation below it teach nothing, where a producer's automatic labels call
    /// rough ground vegetation.
    /// </summary>
    public Dictionary<string, double> IgnoreVegetationBelow { get; init; } = [];

    /// <summary>File name without extension → factor on its number of training blocks.</summary>
    public Dictionary<string, double> Weights { get; init; } = [];

    /// <summary>The description that the bundle will have, checked like any other.</summary>
    /// <param name="path">What to call the recipe in an error.</param>
    /// <exception cref="InvalidModelBundleException">Names the key, the value found and what was expected.</exception>
    public ModelDescription Model(string path)
    {
        JsonObject whole = Bundle.DeepClone().AsObject();
        whole["architecture"] = Architecture.DeepClone();
        return ModelDescription.Parse(whole.ToJsonString(), path);
    }

    /// <summary>Reads a recipe file.</summary>
    /// <exception cref="JsonException">The file is no recipe; the message names the key.</exception>
    public static TrainingRecipe Load(string path) =>
        JsonSerializer.Deserialize<TrainingRecipe>(File.ReadAllText(path), Json) ?? throw new JsonException($"{path}: the file holds null.");
}
