using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Networks.Recognition;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Onnx.Tests.Networks.Evaluation;

/// <summary>Against what PyTorch computes (<c>reference/</c>), and whether a network that is not quite the same shows.</summary>
public class GoldenNetworkTests
{
    /// <summary>PyTorch's float32 is up to 5e-4 away from its own float64 in these networks.</summary>
    private const double Tolerance = 1e-3;

    private static readonly string Folder = Path.Combine(SharedFiles.Repository, "tests", "BatchSegmenter.Onnx.Tests", "reference", "golden");
    private static readonly SafetensorsFile Scene = SafetensorsFile.Read(Path.Combine(Folder, "sem_seg_s3dis.safetensors"));
    private static readonly GoldenVectors SceneGolden = GoldenVectors.Read(Path.Combine(Folder, "sem_seg_s3dis.npz"));

    [Fact]
    public void Scores_of_the_scene_network_are_those_of_pytorch()
    {
        (double difference, int labels) = Compare(SceneNetwork());

        Assert.InRange(difference, 0, Tolerance);
        Assert.Equal(0, labels);
    }

    [Fact]
    public void One_changed_weight_shows()
    {
        (double difference, _) = Compare(SceneNetwork(tensor: (name, values) =>
        {
            if (name == "sa3.mlp_convs.1.weight") values[7] += 0.2f;
        }));

        Assert.InRange(difference, 10 * Tolerance, double.MaxValue);
    }

    [Fact]
    public void Swapped_radii_show()
    {
        PointNet2Description scene = SceneDescription();
        (double difference, _) = Compare(SceneNetwork(scene with { Levels = [Other(0, 1), Other(1, 0), .. scene.Levels.Skip(2)] }));

        Assert.InRange(difference, 10 * Tolerance, double.MaxValue);

        SetAbstractionDescription Other(int level, int other) =>
            scene.Levels[level] with { Scales = [scene.Levels[level].Scales[0] with { Radius = scene.Levels[other].Scales[0].Radius }] };
    }

    [Fact]
    public void A_missing_layer_is_refused()
    {
        PointNet2Description description = SceneDescription();
        Dictionary<string, LayerTensors> layers = SceneLayers(description);
        layers.Remove("propagation.1.1");

        InvalidCheckpointException fault = Assert.Throws<InvalidCheckpointException>(() => new PlainNetwork(description, _ => null, new Dictionary<string, LayerTensors>()));
        Assert.Contains("levels.0.0.0", fault.Message);
        fault = Assert.Throws<InvalidCheckpointException>(() => new PlainNetwork(description, name => Tensor(name), layers));
        Assert.Contains("propagation.1.1", fault.Message);
    }

    /// <summary>The largest difference of scores, and how many labels differ.</summary>
    private static (double Difference, int Labels) Compare(PlainNetwork network)
    {
        SceneGolden.RequireFit(network.Description);
        double largest = 0;
        int labels = 0;
        for (int block = 0; block < SceneGolden.Blocks; block++)
        {
            double[][] scores = network.Evaluate(SceneGolden.Points(block)).LogSoftmax();
            for (int i = 0; i < scores.Length; i++)
            {
                double[] expected = Array.ConvertAll(SceneGolden.Scores(block).Slice(i * SceneGolden.Classes, SceneGolden.Classes).ToArray(), value => (double)value);
                largest = Math.Max(largest, scores[i].Zip(expected, (a, b) => Math.Abs(a - b)).Max());
                if (Array.IndexOf(scores[i], scores[i].Max()) != Array.IndexOf(expected, expected.Max())) labels++;
            }
        }
        return (largest, labels);
    }

    private static PlainNetwork SceneNetwork(PointNet2Description? description = null, Action<string, float[]>? tensor = null)
    {
        description ??= SceneDescription();
        return new PlainNetwork(description, name => Tensor(name, tensor), SceneLayers(description), "scene");
    }

    private static (float[] Values, IReadOnlyList<long> Shape)? Tensor(string name, Action<string, float[]>? change = null)
    {
        if (!Scene.Tensors.TryGetValue(name, out SafetensorsTensor? tensor)) return null;
        float[] values = tensor.ToArray<float>();
        change?.Invoke(name, values);
        return (values, tensor.Shape);
    }

    private static PointNet2Description SceneDescription()
    {
        float[] radii = [0.1f, 0.2f, 0.4f, 0.8f];
        int[] samples = [1024, 256, 64, 16];
        return new PointNet2Description
        {
            Features = 9, PositionsAsFeatures = true, Classes = 13, Head = [Width("conv1.weight")],
            Levels = [.. samples.Select((count, l) => new SetAbstractionDescription
            {
                Samples = count, Scales = [SampleNetworks.Scale(radii[l], 32, Widths($"sa{l + 1}"))],
            })],
            Propagation = [.. Enumerable.Range(0, 4).Select(step => new PropagationDescription { Widths = Widths($"fp{4 - step}"), Skip = step < 3 })],
        };

        static int[] Widths(string prefix) =>
            [.. Enumerable.Range(0, 3).Select(i => $"{prefix}.mlp_convs.{i}.weight").Where(Scene.Tensors.ContainsKey).Select(Width)];

        static int Width(string name) => (int)Scene.Tensors[name].Shape[0];
    }

    private static Dictionary<string, LayerTensors> SceneLayers(PointNet2Description description)
    {
        Dictionary<string, LayerTensors> layers = new() { ["head.0"] = new("conv1", "bn1"), ["head.1"] = new("conv2", null) };
        for (int l = 0; l < 4; l++)
        {
            for (int i = 0; i < description.Levels[l].Scales[0].Widths.Count; i++)
                layers[$"levels.{l}.0.{i}"] = new($"sa{l + 1}.mlp_convs.{i}", $"sa{l + 1}.mlp_bns.{i}");
            for (int i = 0; i < description.Propagation[l].Widths.Count; i++)
                layers[$"propagation.{l}.{i}"] = new($"fp{4 - l}.mlp_convs.{i}", $"fp{4 - l}.mlp_bns.{i}");
        }
        return layers;
    }
}
