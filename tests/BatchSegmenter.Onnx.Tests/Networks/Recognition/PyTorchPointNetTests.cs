using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

public class PyTorchPointNetTests
{
    [Theory]
    [InlineData(9, 13)]
    [InlineData(6, 2)]
    public void RecognizesSemanticSegmentation(int channels, int classes)
    {
        RecognizedNetwork network = PyTorchPointNet2Tests.Recognize(Segmentation(channels, classes), "s3dis");
        PointNetDescription description = Assert.IsType<PointNetDescription>(network.Description);

        Assert.Equal((channels, classes), (description.Features, description.Classes));
        Assert.Equal([64, 128, 1024], description.Encoder);
        Assert.Equal([64, 128, 1024], description.TransformEncoder);
        Assert.Equal([512, 256], description.TransformHead);
        Assert.Equal([512, 256, 128], description.Head);
        Assert.True(network.LogSoftmax);
        Assert.Equal(new LayerTensors("feat.stn.fc2", "feat.stn.bn5"), network.Layers["inputTransform.head.1"]);
        Assert.Equal(new LayerTensors("feat.fstn.fc3", null), network.Layers["featureTransform.head.2"]);
        Assert.Equal(new LayerTensors("feat.conv3", "feat.bn3"), network.Layers["encoder.2"]);
        Assert.Equal(new LayerTensors("conv4", null), network.Layers["head.3"]);
        Assert.Equal(classes == 13 ? "ceiling" : null, network.Classes?[0].Name);
    }

    [Theory]
    [InlineData("feat.conv2.", "feat.conv2.weight is missing")]
    [InlineData("feat.stn.bn4.", "feat.stn.bn4.weight is missing")]
    [InlineData("feat.fstn.fc3.", "feat.fstn.fc2.weight makes 256 values; expected 4096")]
    [InlineData("feat.fstn.", "feat.fstn.… is missing")]
    public void RefusesACheckpointWithoutALayer(string prefix, string expected) => Assert.Contains(expected, Fault(Segmentation().Without(prefix)));

    [Fact]
    public void RefusesAHeadThatDoesNotTakeThePooledAndThePointsFeatures() =>
        Assert.Contains("conv1.weight is [512, 1024, 1]; expected [512, 1088, 1]", Fault(Segmentation().With("conv1.weight", 512, 1024, 1)));

    [Fact]
    public void RefusesValuesThatMeanNothingForIt()
    {
        ParameterSource flags = new("flag", new NetworkParameters { Radii = [[0.1f]], LogSoftmax = false });
        InvalidNetworkDescriptionException fault = Assert.Throws<InvalidNetworkDescriptionException>(() => NetworkRecognition.Recognize("c.pth", Segmentation(), flags));
        Assert.Equal("flag: radii has no meaning for a PointNet semantic segmentation, which c.pth is", fault.Message);
    }

    internal static CheckpointTable Segmentation(int channels = 9, int classes = 13)
    {
        CheckpointTable table = [];
        Transform(table, "feat.stn", channels, 9);
        Transform(table, "feat.fstn", 64, 64 * 64);
        Points(table, "feat.", channels, 64, 128, 1024);
        Points(table, "", 1088, 512, 256, 128);
        table.Convolution("conv4", 128, classes, axes: 1);
        return table;
    }

    private static void Transform(CheckpointTable table, string prefix, int inputs, int values)
    {
        Points(table, $"{prefix}.", inputs, 64, 128, 1024);
        table.Convolution($"{prefix}.fc1", 1024, 512, axes: 0);
        table.Convolution($"{prefix}.fc2", 512, 256, axes: 0);
        table.Convolution($"{prefix}.fc3", 256, values, axes: 0);
        table.Norm($"{prefix}.bn4", 512);
        table.Norm($"{prefix}.bn5", 256);
    }

    private static void Points(CheckpointTable table, string prefix, int inputs, params int[] widths)
    {
        for (int i = 0; i < widths.Length; i++)
        {
            table.Convolution($"{prefix}conv{i + 1}", i == 0 ? inputs : widths[i - 1], widths[i], axes: 1);
            table.Norm($"{prefix}bn{i + 1}", widths[i]);
        }
    }

    private static string Fault(CheckpointTable table) => Assert.Throws<InvalidCheckpointException>(() => PyTorchPointNet2Tests.Recognize(table, "s3dis")).Message;
}
