using System.Text.Json;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Recognition;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

/// <summary>Checkpoints that PyTorch made (see reference/README.md) are recognised as what the description beside each says they are.</summary>
public class GoldenCheckpointTests
{
    private static readonly string Folder = Path.Combine(SharedFiles.Repository, "tests", "BatchSegmenter.Onnx.Tests", "reference", "golden");

    public static TheoryData<string> Names => [.. Directory.GetFiles(Folder, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!).Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void AreRecognized(string name)
    {
        JsonElement told = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, $"{name}.json"))).RootElement;
        string family = told.GetProperty("family").GetString()!;
        Checkpoint checkpoint = Checkpoint.Open(Path.Combine(Folder, told.GetProperty("checkpoint").GetString()!));
        bool next = family == "pointnext";
        NetworkParameters parameters = next ? OfPointNext(told) : family.StartsWith("pointnet2", StringComparison.Ordinal) ? OfPointNet2(told) : new();
        ParameterSource source = new("description", parameters);
        if (told.TryGetProperty("global_feat", out JsonElement joined) && joined.ValueKind == JsonValueKind.String)
        {
            Assert.Contains("global_feat", Assert.Throws<InvalidCheckpointException>(() => NetworkRecognition.Recognize(checkpoint, source)).Message);
            return;
        }

        RecognizedNetwork network = NetworkRecognition.Recognize(checkpoint, source);

        Assert.Equal(told.GetProperty("channels").GetInt32(), network.Description.PointChannels);
        Assert.Equal(told.GetProperty("classes").GetInt32(), network.Description.Classes);
        Assert.Equal(told.TryGetProperty("categories", out JsonElement categories) ? categories.GetInt32() : 0, network.Description.Categories);
        Assert.Equal(told.GetProperty("scores").GetString() == "log_softmax", network.LogSoftmax);
        Assert.Equal(family.Contains("_cls"), network.Description.Task == NetworkTask.Classification);
        Assert.Equal(network.Layers.Values.Sum(layer => 1 + (layer.Norm is null ? 0 : 4)) + Biases(checkpoint, network) + network.Unused.Count, checkpoint.Tensors.Count);
        if (network.Description is not PointNet2Description description) return;
        Assert.Equal(family.Contains("_msg"), description.Levels.Any(level => level.FeaturesFirst));
        Assert.Equal(next, description.RadiusExclusive);
        Assert.Equal(family.Contains("_cls") || family.Contains("_part"), description.Levels[^1].All);
        // The graph asks for every layer under the name that recognition gave it, and for no others.
        Assert.Equal(LayerShape.All(description).Select(layer => layer.Name).Order(), network.Layers.Keys.Order());
        foreach (LayerShape layer in LayerShape.All(description))
        {
            Assert.Equal([layer.Outputs, layer.Inputs], checkpoint.Tensors[$"{network.Layers[layer.Name].Linear}.weight"].Shape.Take(2).Select(extent => (int)extent));
            Assert.Equal(layer.Normalized, network.Layers[layer.Name].Norm is not null);
        }
    }

    private static int Biases(Checkpoint checkpoint, RecognizedNetwork network) => network.Layers.Values.Count(layer => checkpoint.Tensors.ContainsKey($"{layer.Linear}.bias"));

    private static NetworkParameters OfPointNet2(JsonElement told) => new()
    {
        Samples = [.. Levels(told, "npoints").Select(level => level.GetInt32())],
        Radii = [.. Levels(told, "radii").Select(Floats)],
        Neighbors = [.. Levels(told, "nsamples").Select(Integers)],
    };

    /// <summary>Entries are by stage and block; the stem's are not used, a stage's first is that of its sampling. Points without more channels are their own features.</summary>
    private static NetworkParameters OfPointNext(JsonElement told)
    {
        IReadOnlyList<IReadOnlyList<float>> radii = [.. Levels(told, "radii").Skip(1).Select(Floats)];
        IReadOnlyList<IReadOnlyList<int>> neighbors = [.. Levels(told, "nsamples").Skip(1).Select(Integers)];
        bool blocks = radii.Any(level => level.Count > 1);
        return new NetworkParameters
        {
            Strides = [.. Levels(told, "strides").Skip(1).Select(level => level.GetInt32())],
            Radii = [.. radii.Select(level => (IReadOnlyList<float>)[level[0]])],
            Neighbors = [.. neighbors.Select(level => (IReadOnlyList<int>)[level[0]])],
            BlockRadii = blocks ? [.. radii.Select(level => level.Count > 1 ? level[1] : 0)] : null,
            BlockNeighbors = blocks ? [.. neighbors.Select(level => level.Count > 1 ? level[1] : 0)] : null,
            PositionsAsFeatures = told.GetProperty("channels").GetInt32() == 3,
        };
    }

    private static IEnumerable<JsonElement> Levels(JsonElement told, string key) => told.GetProperty(key).EnumerateArray().Where(level => level.ValueKind != JsonValueKind.Null);

    private static IReadOnlyList<float> Floats(JsonElement level) => [.. level.EnumerateArray().Select(value => value.GetSingle())];

    private static IReadOnlyList<int> Integers(JsonElement level) => [.. level.EnumerateArray().Select(value => value.GetInt32())];
}
