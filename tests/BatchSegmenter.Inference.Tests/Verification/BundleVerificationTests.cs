using System.Runtime.InteropServices;
using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Networks.Recognition;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Inference.Tests.Verification;

/// <summary>A bundle whose network is not that of its checkpoint must not pass, whatever the difference is.</summary>
public sealed class BundleVerificationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(NeighbourhoodPlace.Outside)]
    [InlineData(NeighbourhoodPlace.Inside)]
    public void AnUntouchedBundlePasses(NeighbourhoodPlace place)
    {
        VerificationReport report = Verify(Converted(place));
        Assert.True(report.Passed, report.ToText());
        Assert.Equal(
            ["architecture", "golden vectors", "graph", "influence", "layers", "pitfalls", "runtime", "scores", .. place == NeighbourhoodPlace.Outside ? ["neighbourhoods"] : Array.Empty<string>()],
            report.Checks.Select(check => check.Name).Distinct().Order().OrderBy(name => name == "neighbourhoods"));
    }

    public static TheoryData<string, NeighbourhoodPlace, string> Mutations => new()
    {
        { "one weight", NeighbourhoodPlace.Outside, "layers scores golden vectors" },
        { "one weight", NeighbourhoodPlace.Inside, "layers scores golden vectors" },
        { "one bias", NeighbourhoodPlace.Outside, "layers scores golden vectors" },
        { "a missing ReLU", NeighbourhoodPlace.Outside, "layers scores golden vectors" },
        { "another interpolation", NeighbourhoodPlace.Outside, "layers scores golden vectors" },
        { "an input without use", NeighbourhoodPlace.Outside, "influence layers scores golden vectors" },
    };

    [Theory]
    [MemberData(nameof(Mutations))]
    public void AChangedGraphFails(string what, NeighbourhoodPlace place, string failing)
    {
        ModelBundle whole = Converted(place);
        OnnxGraph graph = what switch
        {
            "one weight" => Tensor(whole.Graph, it => it.Shape.Count == 2 && it.Name.StartsWith("propagation.3.1", StringComparison.Ordinal), values => values[3] += 1),
            "one bias" => Tensor(whole.Graph, it => it.Shape.Count == 1 && it.Name.StartsWith("propagation.3.1", StringComparison.Ordinal), values => values[0] += 1),
            "a missing ReLU" => WithoutNode(whole.Graph, whole.Graph.Nodes.Single(node => node.Name == "propagation.3.0.relu")),
            "another interpolation" => Renamed(whole.Graph, "weights_4", "weights_4", node => node.Name.StartsWith("propagation.0", StringComparison.Ordinal), indices: 1),
            _ => WithConstant(whole.Graph, "features"),
        };

        VerificationReport report = Verify(Rewritten(whole, whole.Description, graph));

        Assert.False(report.Passed);
        Assert.Equal(failing, string.Join(" ", report.Checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => check.Name).Distinct()));
    }

    [Theory]
    [InlineData(NeighbourhoodPlace.Outside)]
    public void ASwappedRadiusInTheDescriptionFails(NeighbourhoodPlace place)
    {
        ModelBundle whole = Converted(place);
        PointNet2Description network = whole.Description.PointNet2;
        PointNet2Description other = network with
        {
            Levels = [network.Levels[0] with { Scales = [network.Levels[0].Scales[0] with { Radius = network.Levels[1].Scales[0].Radius }] }, .. network.Levels.Skip(1)],
        };
        ModelBundle swapped = Rewritten(whole, whole.Description with { Architecture = other }, whole.Graph);

        // The bundle's own golden vectors know the radius that was right.
        Assert.Equal(["golden vectors"], Verify(swapped, withCheckpoint: false).Checks.Where(check => check.Outcome == CheckOutcome.Failed).Select(check => check.Name));
        Assert.Contains(Verify(swapped).Checks, check => check is { Name: "architecture", Outcome: CheckOutcome.Failed } && check.Detail.Contains("\"radius\": 0.4"));
    }

    [Fact]
    public void TheReportSaysWhatWasComparedAndHow()
    {
        VerificationReport report = Verify(Converted(NeighbourhoodPlace.Outside));
        Assert.Contains("\"outcome\": \"passed\"", report.ToJson());
        Assert.Contains("\"largestDifference\"", report.ToJson());
        Assert.Contains("sem_seg.pth, SHA-256 ", report.ToText());
        Assert.Contains("| layers | 1024 made-up points (seed 1) | passed |", report.ToText());
        VerificationCheck scores = report.Checks.First(check => check.Name == "scores");
        Assert.Equal(1024, (int)scores.Figures!["rows"]!);
        Assert.Equal(1e-3, (double)scores.Figures["tolerance"]!);
    }

    [Fact]
    public void WithoutACheckpointAndGoldenVectorsTheReportSaysThatNothingWasCompared()
    {
        VerificationReport report = BundleVerification.Verify(Converted(NeighbourhoodPlace.Outside), new VerificationInputs());
        Assert.True(report.Passed);
        Assert.Equal(["checkpoint", "golden vectors"], report.Checks.Where(check => check.Outcome == CheckOutcome.Skipped).Select(check => check.Name));
    }

    private static readonly GoldenCheckpoint Golden = new("sem_seg");

    private ModelBundle Converted(NeighbourhoodPlace place) => BundleConverter.Convert(
        Golden.Path, _folder["bundle"], new ConversionOptions { Sources = [Source], Neighbourhoods = place }).Bundle!;

    private static ParameterSource Source => new("flag", Golden.Parameters with { BlockPoints = 1024 });

    private VerificationReport Verify(ModelBundle bundle, bool withCheckpoint = true) => BundleVerification.Verify(bundle, new VerificationInputs
    {
        Checkpoint = withCheckpoint ? BundleCheckpoint.Open(Golden.Path, bundle.Description.Architecture, [Source]) : null,
        Golden = [("golden.npz", GoldenVectors.Read(_folder["bundle/golden.npz"]))],
    });

    private ModelBundle Rewritten(ModelBundle whole, ModelDescription description, OnnxGraph graph) => ModelBundleWriter.Write(
        _folder["changed"], description, graph, new Dictionary<string, byte[]> { ["golden.npz"] = File.ReadAllBytes(Path.Combine(whole.Folder, "golden.npz")) });

    private static OnnxGraph Tensor(OnnxGraph graph, Func<OnnxTensor, bool> which, Action<float[]> change)
    {
        OnnxTensor tensor = graph.Initializers.First(which);
        float[] values = MemoryMarshal.Cast<byte, float>(tensor.Bytes.Span).ToArray();
        change(values);
        OnnxTensor changed = tensor with { Bytes = MemoryMarshal.AsBytes<float>(values).ToArray() };
        return Graph(graph, graph.Nodes, [.. graph.Initializers.Select(it => it == tensor ? changed : it)]);
    }

    private static OnnxGraph WithoutNode(OnnxGraph graph, OnnxNode gone) => Graph(
        graph,
        [.. graph.Nodes.Where(node => node != gone).Select(node => node with { Inputs = [.. node.Inputs.Select(input => input == gone.Outputs[0] ? gone.Inputs[0] : input)] })],
        graph.Initializers);

    /// <summary>Weights of the nearest but one where those of the nearest belong.</summary>
    private static OnnxGraph Renamed(OnnxGraph graph, string from, string to, Func<OnnxNode, bool> where, int indices)
    {
        OnnxNode first = graph.Nodes.First(node => where(node) && node.Inputs.Contains(from) && node.Inputs.Contains("int64.0"));
        return Graph(graph, [.. graph.Nodes.Select(node => node == first ? node with { Inputs = [to, $"int64.{indices}"] } : node)], graph.Initializers);
    }

    private static OnnxGraph WithConstant(OnnxGraph graph, string input)
    {
        OnnxNode zero = new("Mul", "zeroed", [input, "zero"], ["zeroed"], []);
        OnnxTensor constant = new("zero", ElementType.Float32, [1], new byte[4]);
        return Graph(
            graph, [zero, .. graph.Nodes.Select(node => node with { Inputs = [.. node.Inputs.Select(it => it == input ? "zeroed" : it)] })], [.. graph.Initializers, constant]);
    }

    private static OnnxGraph Graph(OnnxGraph graph, IReadOnlyList<OnnxNode> nodes, IReadOnlyList<OnnxTensor> initializers) => new()
    {
        Name = graph.Name, Opset = graph.Opset, Inputs = graph.Inputs, Outputs = graph.Outputs, Nodes = nodes, Initializers = initializers,
    };
}
