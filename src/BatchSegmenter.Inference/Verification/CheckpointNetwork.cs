using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Inference.Verification;

/// <summary>A checkpoint with the interpreter that evaluates it, which shares nothing with the graph that is made of it. Evaluations are kept.</summary>
public sealed class CheckpointNetwork
{
    private const int LargestBlock = 4096;
    private const int SmallBlock = 333;

    private readonly Checkpoint _checkpoint;
    private readonly IReadOnlyDictionary<string, LayerTensors> _layers;
    private readonly Dictionary<(int Count, int Seed), (TestCloud, PlainEvaluation)> _evaluations = [];

    /// <param name="checkpoint">The file.</param>
    /// <param name="description">Its network.</param>
    /// <param name="layers">Where it keeps each layer, by canonical name.</param>
    /// <exception cref="Onnx.InvalidCheckpointException">A tensor is missing, has another shape, or no place in the network.</exception>
    public CheckpointNetwork(Checkpoint checkpoint, NetworkDescription description, IReadOnlyDictionary<string, LayerTensors> layers)
    {
        (_checkpoint, _layers) = (checkpoint, layers);
        Name = $"{Path.GetFileName(checkpoint.Path)}, SHA-256 {BundleHashes.Of(File.ReadAllBytes(checkpoint.Path))}";
        Network = new PlainNetwork(
            description,
            name => checkpoint.Tensors.TryGetValue(name, out CheckpointTensor? tensor) ? (tensor.ToFloats(), tensor.Shape) : null,
            layers, checkpoint.Path);
    }

    /// <summary>The file's name and SHA-256.</summary>
    public string Name { get; }

    /// <summary>The interpreter.</summary>
    public PlainNetwork Network { get; }

    /// <summary>Two clouds of the size that the network was trained on, but not more than 4096 points, and a small one of another size.</summary>
    /// <param name="blockPoints">Points of a block.</param>
    public IEnumerable<(TestCloud Cloud, PlainEvaluation Expected)> Evaluations(int blockPoints)
    {
        int size = Math.Min(blockPoints, LargestBlock);
        return [Evaluate(size, 1), Evaluate(size, 2), Evaluate(Math.Min(SmallBlock, size), 3)];
    }

    /// <summary>Evaluates a made-up cloud, once.</summary>
    public (TestCloud Cloud, PlainEvaluation Expected) Evaluate(int count, int seed)
    {
        if (_evaluations.TryGetValue((count, seed), out (TestCloud, PlainEvaluation) known)) return known;
        TestCloud cloud = TestCloud.Of(Network.Description, count, seed);
        return _evaluations[(count, seed)] = (cloud, Network.Evaluate(cloud.Points, cloud.Category));
    }

    /// <summary>A model of the checkpoint that takes neighbourhoods; null for networks that have none.</summary>
    internal SegmentationModel? WithNeighbourhoodsOutside(ModelDescription description)
    {
        if (Network.Description is not PointNet2Description network) return null;
        OnnxGraph graph = PointNet2Graph.Rewritten(PointNet2Weights.Load(_checkpoint, network, _layers));
        ModelDescription outside = description with { Architecture = network, Neighbourhoods = NeighbourhoodPlace.Outside, Output = ScoreKind.Logits };
        return BundleBuilder.InScratch(outside, graph, bundle => SegmentationModel.Load(bundle));
    }
}
