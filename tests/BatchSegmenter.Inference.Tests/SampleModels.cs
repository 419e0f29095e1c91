using System.Text.Json.Nodes;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

/// <summary>Small networks, random blocks for them, and bundles in temporary folders.</summary>
internal static class SampleModels
{
    /// <summary>Two levels, the first with two scales; with and without skip; relative coordinates scaled and not.</summary>
    public static PointNet2Description TwoLevels { get; } = new()
    {
        Features = 4,
        Classes = 3,
        Levels =
        [
            new() { Ratio = 0.25, RelativeByRadius = true, Scales = [Scale(2.5f, 8, 8, 12), Scale(5, 16, 6)] },
            new() { Samples = 16, Scales = [Scale(10, 8, 16, 16, 24)] },
        ],
        Propagation = [new() { Widths = [20, 16] }, new() { Widths = [16], Skip = false }],
        Head = [12],
        Dropout = 0.5,
    };

    /// <summary>The shape of the network that is usual for indoor scenes: four levels, one scale, 13 classes.</summary>
    public static PointNet2Description FourLevels { get; } = new()
    {
        Features = 6,
        Classes = 13,
        Levels =
        [
            new() { Samples = 1024, Scales = [Scale(2, 32, 32, 32, 64)] },
            new() { Samples = 256, Scales = [Scale(4, 32, 64, 64, 128)] },
            new() { Samples = 64, Scales = [Scale(8, 32, 128, 128, 256)] },
            new() { Samples = 16, Scales = [Scale(16, 32, 256, 256, 512)] },
        ],
        Propagation = [new() { Widths = [256, 256] }, new() { Widths = [256, 256] }, new() { Widths = [256, 128] }, new() { Widths = [128, 128, 128], Skip = false }],
        Head = [128],
    };

    public static ScaleDescription Scale(float radius, int neighbors, params int[] widths) => new() { Radius = radius, Neighbors = neighbors, Widths = widths };

    /// <summary>Points in a flat box whose density does not depend on their number.</summary>
    public static BlockTensors Block(PointNet2Description network, int points, int seed)
    {
        Random random = new(seed);
        float edge = MathF.Sqrt(points);
        float[] positions = new float[3 * points];
        float[] features = new float[network.Features * points];
        for (int i = 0; i < points; i++)
        {
            positions[3 * i] = (random.NextSingle() - 0.5f) * edge;
            positions[3 * i + 1] = (random.NextSingle() - 0.5f) * edge;
            positions[3 * i + 2] = (random.NextSingle() - 0.5f) * 4;
        }
        for (int i = 0; i < features.Length; i++) features[i] = random.NextSingle();
        return new BlockTensors(positions, features, Neighbourhoods.Compute(positions, network));
    }

    public static ModelDescription Description(PointNet2Description? network = null) => new()
    {
        Format = 1,
        Name = "sample",
        Version = "1.0",
        Description = "An untrained network for tests.",
        Architecture = network ?? TwoLevels,
        Input = new InputDescription
        {
            Thinning = new ThinningDescription(0.5, 0.5),
            Block = new BlockDescription(4096, 2048),
            Unit = BlockUnit.Spacing,
            Features = [.. Enumerable.Range(0, (network ?? TwoLevels).Features).Select(i => new FeatureDescription($"feature{i}"))],
        },
        Classes = [.. Enumerable.Range(0, (network ?? TwoLevels).Classes).Select(id => new ClassDescription { Id = id, Name = $"class{id}", Asprs = 2 + id })],
        Trained = new TrainedRange([0.1, 90]),
        Provenance = new JsonObject { ["seed"] = 1 },
    };
}

/// <summary>A folder that is removed with all its content.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("batchsegmenter-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
