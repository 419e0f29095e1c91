using System.Text.Json.Nodes;
using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

public sealed class BundleBuilderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MakesABundleThatScoresAsTheCheckpoint()
    {
        Checkpoint();
        BuiltBundle built = BundleBuilder.Build(_folder["model.safetensors"], _folder["bundle"]);

        Assert.Equal(2, built.Golden.Blocks);
        Assert.Equal(150, built.Golden.Points);
        Assert.InRange(built.Golden.LargestDifference, 0, 1e-4f);
        Assert.Equal(["card.md", "golden.safetensors", "model.json", "model.onnx", "verification.json", "verification.md"], built.Bundle.Files.Keys.Order());
        Assert.Equal("fit --seed 5", (string)built.Bundle.Description.Provenance!["recipe"]!["command"]!);
        Assert.Equal(1, (int)built.Bundle.Description.Provenance["seed"]!);
        Assert.Equal(0.5, (double)built.Bundle.Description.Metrics!["best"]!["validation"]!["accuracy"]!);
        string card = File.ReadAllText(Path.Combine(_folder["bundle"], "card.md"));
        Assert.Contains("fit --seed 5", card);
        Assert.Contains("| site-a.laz | 10 | 0.700 | 0.600 | 0.800 | 0.400 | – |", card);
    }

    [Fact]
    public void BuildsTheSameBundleAgain()
    {
        Checkpoint();
        string first = BundleBuilder.Build(_folder["model.safetensors"], _folder["a"]).Bundle.Id;
        Assert.Equal(first, BundleBuilder.Build(_folder["model.safetensors"], _folder["b"]).Bundle.Id);
    }

    [Fact]
    public void RefusesScoresThatDiffer()
    {
        Checkpoint(tamper: scores => scores[7] += 0.01f);
        InvalidModelBundleException fault = Assert.Throws<InvalidModelBundleException>(() => BundleBuilder.Build(_folder["model.safetensors"], _folder["bundle"]));
        Assert.Contains("golden block 0, point 2, class 1 scores", fault.Message);
        Assert.False(Directory.Exists(_folder["bundle"]));
    }

    [Fact]
    public void RefusesScoresThatAreNotNumbers()
    {
        Checkpoint(tamper: scores => scores[0] = float.NaN);
        Assert.Throws<InvalidModelBundleException>(() => BundleBuilder.Build(_folder["model.safetensors"], _folder["bundle"]));
    }

    [Fact]
    public void NamesWhatIsMissing()
    {
        Assert.Contains("model.safetensors: there is no such file", Assert.Throws<FileNotFoundException>(() => BundleBuilder.Build(_folder["model.safetensors"], _folder["bundle"])).Message);
        Checkpoint();
        File.Delete(_folder["model.golden.safetensors"]);
        Assert.Contains("model.golden.safetensors: there is no such file", Assert.Throws<FileNotFoundException>(() => BundleBuilder.Build(_folder["model.safetensors"], _folder["bundle"])).Message);
        Checkpoint(omit: "bundle");
        Assert.Contains("its metadata have no bundle; found: architecture, recipe, metrics", Assert.Throws<InvalidCheckpointException>(() => BundleBuilder.Build(_folder["model.safetensors"], _folder["bundle"])).Message);
    }

    [Fact]
    public void RefusesAFileWithoutGoldenBlocks()
    {
        Checkpoint();
        File.Copy(_folder["model.safetensors"], _folder["model.golden.safetensors"], overwrite: true);
        Assert.Contains("holds no golden blocks", Assert.Throws<InvalidCheckpointException>(() => BundleBuilder.Build(_folder["model.safetensors"], _folder["bundle"])).Message);
    }

    /// <summary>Writes what the trainer writes; the golden scores come from the plain graph, as the trainer's come from its own network.</summary>
    private void Checkpoint(Action<float[]>? tamper = null, string omit = "")
    {
        PointNet2Description network = SampleModels.TwoLevels;
        PointNet2Weights weights = PointNet2Weights.Random(network, 5);
        JsonObject bundle = JsonNode.Parse(SampleModels.Description().ToJson())!.AsObject();
        bundle.Remove("architecture");
        bundle.Remove("format");
        SafetensorsWriter checkpoint = new();
        const string figures = """{"points": 10, "accuracy": 0.7, "iou": [0.8, 0.4, null], "meanIoU": 0.6}""";
        foreach ((string key, string text) in new[]
        {
            ("architecture", network.ToJson()), ("bundle", bundle.ToJsonString()), ("recipe", """{"command": "fit --seed 5", "train": ["a.laz", "b.laz"]}"""),
            ("metrics", $$"""{"best": {"validation": {"points": 10, "accuracy": 0.5, "iou": [0.8, 0.4, 0.1], "meanIoU": 0.43, "meanOverFiles": 0.6, "files": {"/data/site-a.laz": {{figures}} } } }, "history": []}"""),
        })
            if (key != omit) checkpoint.Metadata(key, text);
        weights.AddTo(checkpoint);
        using (FileStream stream = File.Create(_folder["model.safetensors"])) checkpoint.WriteTo(stream);

        using SegmentationModel plain = SegmentationModel.Load(ModelBundleWriter.Write(_folder["plain"], SampleModels.Description(), PointNet2Graph.Plain(weights)));
        SafetensorsWriter golden = new();
        foreach ((int number, int points) in new[] { (0, 100), (1, 50) })
        {
            BlockTensors block = SampleModels.Block(network, points, number);
            float[] scores = new float[points * 3];
            using (BlockBatch batch = new(block)) plain.Run(batch, scores);
            tamper?.Invoke(scores);
            Neighbourhoods found = block.Neighbourhoods;
            golden.Add($"golden.{number}.positions", block.Positions, points, 3);
            golden.Add($"golden.{number}.features", block.Features, points, 4);
            golden.Add($"golden.{number}.scores", scores.AsMemory(), points, 3);
            for (int level = 1; level <= 2; level++)
            {
                golden.Add($"golden.{number}.samples_{level}", found.Samples(level), found.PointCount(level));
                for (int scale = 0; scale < found.ScaleCount(level); scale++)
                    golden.Add($"golden.{number}.neighbors_{level}_{scale}", found.Neighbors(level, scale), found.PointCount(level), found.NeighborCount(level, scale));
                golden.Add($"golden.{number}.nearest_{level}", found.Nearest(level), found.PointCount(level - 1), 3);
                golden.Add($"golden.{number}.weights_{level}", found.Weights(level), found.PointCount(level - 1), 3);
            }
        }
        using FileStream goldenStream = File.Create(_folder["model.golden.safetensors"]);
        golden.WriteTo(goldenStream);
    }
}
