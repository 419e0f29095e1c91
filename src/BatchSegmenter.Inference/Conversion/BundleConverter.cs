using System.Text;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Inference.Conversion;

/// <summary>How to convert.</summary>
public sealed record ConversionOptions
{
    /// <summary>What tells what keys and shapes can't, strongest first.</summary>
    public IReadOnlyList<ParameterSource> Sources { get; init; } = [];

    /// <summary>Whether the graph takes neighbourhoods or points alone; PointNet always takes points.</summary>
    public NeighbourhoodPlace Neighbourhoods { get; init; }

    /// <summary>What <c>run</c> does with files that lack what a channel is made of.</summary>
    public MissingFeature Missing { get; init; } = MissingFeature.Fail;

    /// <summary>The model's name; null for the checkpoint's.</summary>
    public string? Name { get; init; }

    /// <summary>The model's version.</summary>
    public string Version { get; init; } = "1";

    /// <summary>Golden vectors of the checkpoint's own network, by what to call them.</summary>
    public IReadOnlyList<(string Name, GoldenVectors Vectors)> Golden { get; init; } = [];
}

/// <summary>What came of a conversion.</summary>
/// <param name="Network">What the checkpoint was recognised as.</param>
/// <param name="Report">How the verification came out.</param>
/// <param name="Bundle">The bundle; null where the verification failed, and nothing was written.</param>
public sealed record ConvertedBundle(RecognizedNetwork Network, VerificationReport Report, ModelBundle? Bundle);

/// <summary>Makes a model bundle of a checkpoint: recognises the network, builds its graph, proves that the graph computes the same, and writes both with the proof.</summary>
public static class BundleConverter
{
    /// <summary>The golden vectors' name inside a bundle.</summary>
    public const string GoldenFile = "golden.npz";

    // Enough points that every level samples some and leaves some, and yet a small file.
    private const int GoldenPoints = 2048;

    /// <summary>Converts a checkpoint.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="folder">Where the bundle shall lie.</param>
    /// <param name="options">How.</param>
    /// <exception cref="Onnx.ModelException">Checkpoint, sources or golden vectors are invalid, or not of a network that is known.</exception>
    /// <exception cref="IOException">A file can't be read or written.</exception>
    public static ConvertedBundle Convert(string path, string folder, ConversionOptions options)
    {
        Checkpoint checkpoint = Checkpoint.Open(path);
        RecognizedNetwork network = NetworkRecognition.Recognize(checkpoint, options.Sources);
        ModelDescription description = ConvertedDescription.Of(checkpoint, network, options);
        OnnxGraph graph = Build(checkpoint, network, description.Neighbourhoods);
        CheckpointNetwork oracle = new(checkpoint, network.Description, network.Layers);
        byte[] golden = Golden(oracle, network, description.Input.Block.Points);
        Dictionary<string, byte[]> others = new()
        {
            [GoldenFile] = golden,
            [ModelCard.FileName] = Encoding.UTF8.GetBytes(ModelCard.Write(description, Parameters(checkpoint, network))),
        };

        VerificationInputs inputs = new()
        {
            Checkpoint = oracle,
            Golden = [.. options.Golden, (GoldenFile, GoldenVectors.Read(new MemoryStream(golden), GoldenFile))],
        };
        VerificationReport report = BundleBuilder.InScratch(description, graph, bundle => BundleVerification.Verify(bundle, inputs));
        if (!report.Passed) return new ConvertedBundle(network, report, null);
        others[VerificationReport.JsonFile] = Encoding.UTF8.GetBytes(report.ToJson());
        others[VerificationReport.TextFile] = Encoding.UTF8.GetBytes(report.ToText());
        return new ConvertedBundle(network, report, ModelBundleWriter.Write(folder, description, graph, others));
    }

    private static OnnxGraph Build(Checkpoint checkpoint, RecognizedNetwork network, NeighbourhoodPlace place) => network.Description switch
    {
        PointNet2Description pointNet2 when place == NeighbourhoodPlace.Outside => PointNet2Graph.Rewritten(PointNet2Weights.Load(checkpoint, pointNet2, network.Layers)),
        PointNet2Description pointNet2 => SelfContainedGraph.Build(PointNet2Weights.Load(checkpoint, pointNet2, network.Layers), network.LogSoftmax),
        PointNetDescription pointNet => SelfContainedGraph.Build(PointNetWeights.Load(checkpoint, pointNet, network.Layers), network.LogSoftmax),
        _ => throw new ArgumentException($"A {network.Description.GetType().Name} can't be built from a checkpoint.", nameof(network)),
    };

    /// <summary>The trained parameters: all tensors but the running statistics of norms.</summary>
    private static long Parameters(Checkpoint checkpoint, RecognizedNetwork network)
    {
        return network.Layers.Values.Sum(layer =>
            Size($"{layer.Linear}.weight") + Size($"{layer.Linear}.bias") + (layer.Norm is null ? 0 : Size($"{layer.Norm}.weight") + Size($"{layer.Norm}.bias")));

        long Size(string name) => checkpoint.Tensors.TryGetValue(name, out CheckpointTensor? tensor) ? tensor.Shape.Aggregate(1L, (product, extent) => product * extent) : 0;
    }

    /// <summary>What the interpreter makes of two clouds, as the checkpoint's own network would return it.</summary>
    private static byte[] Golden(CheckpointNetwork oracle, RecognizedNetwork network, int blockPoints)
    {
        int count = Math.Min(blockPoints, GoldenPoints);
        (TestCloud Cloud, PlainEvaluation Expected)[] blocks = [oracle.Evaluate(count, 11), oracle.Evaluate(count, 12)];
        return GoldenVectorsWriter.Write(
            network.Description, count, [.. blocks.Select(block => block.Cloud.Points)],
            [.. blocks.Select(block => network.LogSoftmax ? block.Expected.LogSoftmax() : [.. block.Expected.Scores])], [.. blocks.Select(block => block.Cloud.Category)]);
    }
}
