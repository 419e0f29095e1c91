using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Networks.Recognition;
using BatchSegmenter.Tests;
using Xunit.Abstractions;

namespace BatchSegmenter.Onnx.Tests.Networks.Evaluation;

/// <summary>Against what PyTorch computes (see reference/README.md), and whether a network that is not quite the same shows.</summary>
public class GoldenNetworkTests(ITestOutputHelper output)
{
    private const double Tolerance = 1e-4;

    /// <summary>What a mistake must change at least.</summary>
    private const double Visible = 10 * Tolerance;

    public static TheoryData<string> Names => [.. GoldenCheckpoint.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Scores_are_those_of_pytorch(string name)
    {
        Golden golden = new(name);

        (double difference, int labels) = golden.Compare(golden.Build(), golden.Vectors.Blocks);

        output.WriteLine($"{name}: {difference:e1}");
        Assert.InRange(difference, 0, Tolerance);
        Assert.Equal(0, labels);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_tenth_more_weight_in_any_layer_shows(string name)
    {
        Golden golden = new(name);
        foreach ((string layer, LayerTensors tensors) in golden.Network.Layers)
        {
            string weight = $"{tensors.Norm ?? tensors.Linear}.weight";
            PlainNetwork changed = golden.Build(change: (tensor, values) =>
            {
                for (int i = 0; tensor == weight && i < values.Length; i++) values[i] *= 1.1f;
            });
            Assert.True(golden.Compare(changed, blocks: 1).Difference > Visible, $"{layer} is a tenth larger, which does not show");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Another_description_shows(string name)
    {
        Golden golden = new(name);
        if (golden.Network.Description is not PointNet2Description described) return;
        List<(string What, PointNet2Description Description)> others = [];
        for (int level = 0; level < described.Levels.Count; level++)
        {
            SetAbstractionDescription one = described.Levels[level];
            Add(level, "order of channels", one with { FeaturesFirst = !one.FeaturesFirst }, when: described.LevelWidth(level) > 0);
            if (one.All) continue;
            Add(level, "relative to radius", one with { RelativeByRadius = !one.RelativeByRadius }, when: one.Scales.Any(scale => scale.Radius != 1));
            Add(level, "radius", one with { Scales = [one.Scales[0] with { Radius = 0.6f * one.Scales[0].Radius }, .. one.Scales.Skip(1)] });
            Add(level, "samples", one with { Samples = described.SampleCounts(golden.Vectors.PointCount)[level + 1] / 2, Stride = null, Ratio = null });
            if (one.Blocks is { Count: > 0 } blocks)
                Add(level, "block's radius", one with { Blocks = [blocks[0] with { Radius = one.Scales[0].Radius * 0.7f }, .. blocks.Skip(1)] });
        }
        if (described.Task == NetworkTask.Segmentation) others.Add(("weights of the nearest", described with { Interpolation = 1 - described.Interpolation }));

        if (described.Global is [GlobalFeature.Max]) others.Add(("mean instead of the maximum of the block", described with { Global = [GlobalFeature.Mean] }));

        foreach ((string what, PointNet2Description description) in others)
            Assert.True(golden.Compare(golden.Build(description), blocks: 1).Difference > Visible, $"another {what} does not show");

        void Add(int level, string what, SetAbstractionDescription other, bool when = true)
        {
            if (when) others.Add(($"{what} at level {level}", described with { Levels = [.. described.Levels.Take(level), other, .. described.Levels.Skip(level + 1)] }));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_missing_layer_is_refused(string name)
    {
        Golden golden = new(name);
        foreach (string layer in golden.Network.Layers.Keys)
        {
            Dictionary<string, LayerTensors> layers = new(golden.Network.Layers);
            layers.Remove(layer);
            Assert.Contains(layer, Assert.Throws<InvalidCheckpointException>(() => golden.Build(layers: layers)).Message);
        }
    }

    private sealed class Golden
    {
        private readonly Checkpoint _checkpoint;

        public Golden(string name)
        {
            GoldenCheckpoint golden = new(name);
            _checkpoint = Checkpoint.Open(golden.Path);
            Network = NetworkRecognition.Recognize(_checkpoint, new ParameterSource("description", golden.Parameters));
            Vectors = GoldenVectors.Read(golden.GoldenPath);
            Vectors.RequireFit(Network.Description);
        }

        public RecognizedNetwork Network { get; }

        public GoldenVectors Vectors { get; }

        public PlainNetwork Build(NetworkDescription? description = null, Action<string, float[]>? change = null, IReadOnlyDictionary<string, LayerTensors>? layers = null) =>
            new(description ?? Network.Description, name => Tensor(name, change), layers ?? Network.Layers, _checkpoint.Path);

        /// <summary>The largest difference of scores, and how many labels differ.</summary>
        public (double Difference, int Labels) Compare(PlainNetwork network, int blocks)
        {
            double largest = 0;
            int labels = 0;
            for (int block = 0; block < blocks; block++)
            {
                PlainEvaluation evaluation = network.Evaluate(Vectors.Points(block), Vectors.Category(block));
                double[][] expected = [.. Array.ConvertAll(Vectors.Scores(block).ToArray(), value => (double)value).Chunk(Vectors.Classes)];
                IReadOnlyList<double[]> scores = Network.LogSoftmax ? evaluation.LogSoftmax() : evaluation.Scores;
                Assert.Equal(expected.Length, scores.Count);
                for (int i = 0; i < expected.Length; i++)
                {
                    largest = Math.Max(largest, scores[i].Zip(expected[i], (a, b) => Math.Abs(a - b)).Max());
                    if (Array.IndexOf(scores[i], scores[i].Max()) != Array.IndexOf(expected[i], expected[i].Max())) labels++;
                }
            }
            return (largest, labels);
        }

        private (float[] Values, IReadOnlyList<long> Shape)? Tensor(string name, Action<string, float[]>? change)
        {
            if (!_checkpoint.Tensors.TryGetValue(name, out CheckpointTensor? tensor)) return null;
            float[] values = tensor.ToFloats();
            change?.Invoke(name, values);
            return (values, tensor.Shape);
        }
    }
}
