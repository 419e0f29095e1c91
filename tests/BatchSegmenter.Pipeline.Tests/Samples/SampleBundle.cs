using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Tests.Samples;

/// <summary>Small untrained bundles that take every feature that our own networks are trained on. Their labels mean
/// nothing, but they are the same every time, and the default seed is one of those that give several classes.</summary>
internal static class SampleBundle
{
    private static readonly string[] OfOtherNetworks = ["red", "green", "blue", "x", "y", "z", "cloud_x", "cloud_y", "cloud_z", "height", "intensity"];

    public static IReadOnlyList<FeatureDescription> Features { get; } = [.. BlockFeatures.Names.Except(OfOtherNetworks).Select(name => new FeatureDescription(name))];

    public static PointNet2Description Network { get; } = new()
    {
        Features = Features.Count,
        Classes = 3,
        Levels =
        [
            new() { Ratio = 0.25, RelativeByRadius = true, Scales = [new() { Radius = 2.5f, Neighbors = 8, Widths = [8, 12] }] },
            new() { Ratio = 0.25, RelativeByRadius = true, Scales = [new() { Radius = 5, Neighbors = 8, Widths = [16] }] },
        ],
        Propagation = [new() { Widths = [16] }, new() { Widths = [12] }],
        Head = [8],
    };

    public static IReadOnlyList<ClassDescription> Classes { get; } =
    [
        new() { Id = 0, Name = "ground", Asprs = 2 },
        new() { Id = 1, Name = "vegetation", ByHeight = [new() { Below = 0.5, Asprs = 3 }, new() { Below = 2, Asprs = 4 }, new() { Asprs = 5 }] },
        new() { Id = 2, Name = "building", Asprs = 6 },
    ];

    public static InputDescription Input { get; } = new()
    {
        Thinning = new ThinningDescription(0.5, 0.25),
        Block = new BlockDescription(512, 256),
        Unit = BlockUnit.Spacing,
        Features = Features,
    };

    public static ModelDescription Description { get; } = new()
    {
        Format = 1,
        Name = "sample",
        Version = "1.0",
        Architecture = Network,
        Input = Input,
        Classes = Classes,
        Trained = new TrainedRange([0.1, 90]),
    };

    public static ModelBundle Write(string folder, ModelDescription? description = null, int seed = 16)
    {
        description ??= Description;
        return ModelBundleWriter.Write(folder, description, PointNet2Graph.Rewritten(PointNet2Weights.Random(description.PointNet2, seed)));
    }
}
