using System.Text.Json;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Tests;

/// <summary>A checkpoint that PyTorch made, with the scores that PyTorch gives: see tests/BatchSegmenter.Onnx.Tests/reference/README.md.</summary>
internal sealed class GoldenCheckpoint
{
    private static readonly string Folder = System.IO.Path.Combine(SharedFiles.Repository, "tests", "BatchSegmenter.Onnx.Tests", "reference", "golden");

    public GoldenCheckpoint(string name)
    {
        Told = JsonDocument.Parse(File.ReadAllText(System.IO.Path.Combine(Folder, $"{name}.json"))).RootElement;
        Family = Told.GetProperty("family").GetString()!;
        Path = System.IO.Path.Combine(Folder, Told.GetProperty("checkpoint").GetString()!);
        GoldenPath = System.IO.Path.Combine(Folder, Told.GetProperty("golden").GetString()!);
        Parameters = Family == "pointnext" ? OfPointNext() : Family.StartsWith("pointnet2", StringComparison.Ordinal) ? OfPointNet2() : new();
    }

    public static IReadOnlyList<string> Names { get; } = [.. Directory.GetFiles(Folder, "*.json").Select(file => System.IO.Path.GetFileNameWithoutExtension(file)!).Order()];

    /// <summary>The description beside the checkpoint.</summary>
    public JsonElement Told { get; }

    public string Family { get; }

    public string Path { get; }

    public string GoldenPath { get; }

    /// <summary>What keys and shapes can't tell.</summary>
    public NetworkParameters Parameters { get; }

    private NetworkParameters OfPointNet2() => new()
    {
        Samples = [.. Levels("npoints").Select(level => level.GetInt32())],
        Radii = [.. Levels("radii").Select(Floats)],
        Neighbors = [.. Levels("nsamples").Select(Integers)],
    };

    /// <summary>Entries are by stage and block; the stem's are not used, a stage's first is that of its sampling. Points without more channels are their own features.</summary>
    private NetworkParameters OfPointNext()
    {
        IReadOnlyList<IReadOnlyList<float>> radii = [.. Levels("radii").Skip(1).Select(Floats)];
        IReadOnlyList<IReadOnlyList<int>> neighbors = [.. Levels("nsamples").Skip(1).Select(Integers)];
        bool blocks = radii.Any(level => level.Count > 1);
        return new NetworkParameters
        {
            Strides = [.. Levels("strides").Skip(1).Select(level => level.GetInt32())],
            Radii = [.. radii.Select(level => (IReadOnlyList<float>)[level[0]])],
            Neighbors = [.. neighbors.Select(level => (IReadOnlyList<int>)[level[0]])],
            BlockRadii = blocks ? [.. radii.Select(level => level.Count > 1 ? level[1] : 0)] : null,
            BlockNeighbors = blocks ? [.. neighbors.Select(level => level.Count > 1 ? level[1] : 0)] : null,
            Global = Told.TryGetProperty("global_feat", out JsonElement joined) && joined.GetString() is string kinds
                ? [.. kinds.Split(',').Select(kind => kind == "max" ? GlobalFeature.Max : GlobalFeature.Mean)]
                : null,
            PositionsAsFeatures = Told.GetProperty("channels").GetInt32() == 3,
        };
    }

    private IEnumerable<JsonElement> Levels(string key) => Told.GetProperty(key).EnumerateArray().Where(level => level.ValueKind != JsonValueKind.Null);

    private static IReadOnlyList<float> Floats(JsonElement level) => [.. level.EnumerateArray().Select(value => value.GetSingle())];

    private static IReadOnlyList<int> Integers(JsonElement level) => [.. level.EnumerateArray().Select(value => value.GetInt32())];
}
