using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Serialization;

namespace BatchSegmenter.Inference.Tests.Conversion;

/// <summary>The network of these tests takes points of two channels and scores class 0 by the first, class 1 by the second.</summary>
public sealed class BundlePackerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void KeepsTheNetworksBytesAndProvesWhatCanBeProven()
    {
        byte[] network = Network();
        (VerificationReport report, ModelBundle? bundle) = BundlePacker.Pack(_folder["network.onnx"], Description, _folder["bundle"], Golden(wrong: 0));

        Assert.True(report.Passed, report.ToText());
        Assert.Equal(network, File.ReadAllBytes(_folder["bundle/model.onnx"]));
        Assert.Equal(["card.md", "golden.npz", "model.json", "model.onnx", "verification.json", "verification.md"], bundle!.Files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(CheckOutcome.Passed, report.Checks.Single(check => check.Name == "golden vectors").Outcome);
    }

    [Fact]
    public void WritesNothingWhereTheGoldenScoresAreOthers()
    {
        Network();
        (VerificationReport report, ModelBundle? bundle) = BundlePacker.Pack(_folder["network.onnx"], Description, _folder["bundle"], Golden(wrong: 0.1));
        Assert.False(report.Passed);
        Assert.Null(bundle);
        Assert.False(Directory.Exists(_folder["bundle"]));
    }

    [Fact]
    public void RefusesADescriptionOfAnotherNetwork()
    {
        Network();
        ModelDescription other = Description with { Architecture = new ForeignNetworkDescription { Features = 2, Classes = 2, Input = "cloud", Layout = PointLayout.PointsFirst } };
        Assert.Contains("asks for the input cloud", Assert.Throws<InvalidModelBundleException>(() => BundlePacker.Pack(_folder["network.onnx"], other, _folder["bundle"], null)).Message);
    }

    private static ModelDescription Description { get; } = SampleModels.Description(SampleModels.TwoLevels with { Features = 2, Classes = 2 }) with
    {
        Architecture = new ForeignNetworkDescription { Features = 2, Classes = 2, Layout = PointLayout.PointsFirst },
        Neighbourhoods = NeighbourhoodPlace.Inside,
    };

    private byte[] Network()
    {
        GraphBuilder builder = new("identity");
        Value points = builder.Input(new OnnxValue("points", ElementType.Float32, ["batch", "points", 2]));
        builder.Node("MatMul", "scores", [points, builder.Constant("weights", [1, 0, 0, 1], 2, 2)]);
        builder.Output(new OnnxValue("scores", ElementType.Float32, ["batch", "points", 2]));
        byte[] bytes = OnnxWriter.Write(builder.Build());
        File.WriteAllBytes(_folder["network.onnx"], bytes);
        return bytes;
    }

    private string Golden(double wrong)
    {
        byte[] file = GoldenVectorsWriter.Write(Description.Architecture, 3, [[5, 1, 7, 2, 9, 3]], [[[5, 1], [7, 2 + wrong], [9, 3]]], [-1]);
        File.WriteAllBytes(_folder["golden.npz"], file);
        return _folder["golden.npz"];
    }
}
