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

    /// <summary>What PointNeXt adds: a stem, residual levels with and without a layer for what is added, inverted residual blocks.</summary>
    public static PointNet2Description Residual { get; } = new()
    {
        Features = 4,
        Classes = 3,
        Stem = 8,
        RadiusExclusive = true,
        Interpolation = InterpolationWeight.InverseDistance,
        Levels =
        [
            new() { Stride = 4, RelativeByRadius = true, Residual = true, Scales = [Scale(2.5f, 8, 8, 16)], Blocks = [Block(5, 8, 64), Block(5, 6, 32)] },
            new() { Stride = 4, RelativeByRadius = true, Residual = true, Scales = [Scale(5, 8, 16)], Blocks = [Block(10, 8, 64)] },
        ],
        Propagation = [new() { Widths = [16, 16] }, new() { Widths = [8, 8] }],
        Head = [8],
    };

    /// <summary>A head that is told the block's maximum and mean.</summary>
    public static PointNet2Description Global { get; } = Residual with { Global = [GlobalFeature.Mean, GlobalFeature.Max] };

    /// <summary>The same with the maximum alone and no hidden layers.</summary>
    public static PointNet2Description GlobalMaximum { get; } = TwoLevels with { Global = [GlobalFeature.Max], Head = [] };

    /// <summary>What part segmentation adds: a category, and a level of all points.</summary>
    public static PointNet2Description Parts { get; } = new()
    {
        Features = 6,
        Classes = 5,
        Categories = 4,
        PositionsAsFeatures = true,
        Levels =
        [
            new() { Samples = 60, FeaturesFirst = true, Scales = [Scale(2.5f, 8, 8, 12), Scale(5, 16, 6)] },
            new() { All = true, Scales = [new() { Widths = [16, 24] }] },
        ],
        Propagation = [new() { Widths = [20, 16] }, new() { Widths = [16] }],
        Head = [12],
    };

    /// <summary>Classification by shape alone.</summary>
    public static PointNet2Description Whole { get; } = new()
    {
        Features = 0,
        Classes = 5,
        Task = NetworkTask.Classification,
        Levels = [new() { Samples = 60, Scales = [Scale(2.5f, 8, 8, 12)] }, new() { All = true, Scales = [new() { Widths = [24] }] }],
        Propagation = [],
        Head = [12, 8],
    };

    public static IReadOnlyDictionary<string, PointNet2Description> All { get; } = new Dictionary<string, PointNet2Description>
    {
        ["two levels"] = TwoLevels,
        ["four levels"] = FourLevels,
        ["residual"] = Residual,
        ["global"] = Global,
        ["global maximum"] = GlobalMaximum,
        ["parts"] = Parts,
        ["whole"] = Whole,
    };

    public static ResidualBlockDescription Block(float radius, int neighbors, int hidden) => new() { Radius = radius, Neighbors = neighbors, Hidden = hidden };

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
        if (network.PositionsAsFeatures)
            for (int i = 0; i < points; i++) positions.AsSpan(3 * i, 3).CopyTo(features.AsSpan(network.Features * i));
        return new BlockTensors(positions, features, Neighbourhoods.Compute(positions, network), network.Categories == 0 ? 0 : seed % network.Categories);
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
