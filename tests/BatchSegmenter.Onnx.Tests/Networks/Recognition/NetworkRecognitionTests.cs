using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

public class NetworkRecognitionTests
{
    [Fact]
    public void ListsTheFirstTenKeysOfAnUnknownLayout()
    {
        CheckpointTable table = [];
        for (int i = 0; i < 12; i++) table.Convolution($"block{i:00}", 3, 3, axes: 0, bias: false);
        string message = Fault(table);
        Assert.Contains("12 tensors (block00.weight, block01.weight,", message);
        Assert.Contains("block09.weight, …)", message);
        Assert.DoesNotContain("block10", message);
        Assert.Contains("No family is near", message);
    }

    [Fact]
    public void NamesTheNearestFamilyAndWhatItLacks()
    {
        string message = Fault(PyTorchPointNet2Tables.SegmentationSingle().Without("sa1."));
        Assert.Contains("nearest family is a PointNet++ of the PyTorch kind", message);
        Assert.Contains("sa1.mlp_convs.… is missing", message);
    }

    [Fact]
    public void NamesKinThatIsNotKnown()
    {
        CheckpointTable table = PyTorchPointNetTests.Segmentation().Without("conv");
        table.Convolution("fc1", 1024, 512, axes: 0);
        Assert.Contains("nearest family is PointNet classification, which is not known here", Fault(table));
    }

    [Fact]
    public void SaysThatNothingIsThere() => Assert.Contains("no tensors", Fault([]));

    [Fact]
    public void PrefersFlagsToADescriptionFileToAPreset()
    {
        NetworkParameters file = NetworkParameters.Parse(
            """
            {
                // Blocks were twice as large.
                "radii": [[0.2], [0.4], [0.8], [1.6]],
                "samples": [2048, 512, 128, 32],
                "classes": [{ "name": "a" }, { "name": "b", "color": "#102030", "asprs": 2 }],
            }
            """,
            "room.json");
        NetworkParameters flags = new() { Strides = [4, 4, 4, 4] };
        RecognizedNetwork network = NetworkRecognition.Recognize(
            "c.pth",
            PyTorchPointNet2Tables.SegmentationSingle(classes: 2),
            new ParameterSource("flag", flags), new ParameterSource("room.json", file), new ParameterSource(NetworkPreset.Find("s3dis")!));

        Assert.Contains(new ValueOrigin("samples", "strides 4, 4, 4, 4", "flag"), network.Origins);
        Assert.Contains(new ValueOrigin("radii", "0.2; 0.4; 0.8; 1.6", "room.json"), network.Origins);
        Assert.Contains(new ValueOrigin("neighbors", "32; 32; 32; 32", "preset s3dis"), network.Origins);
        Assert.Contains(new ValueOrigin("classes", "a, b", "room.json"), network.Origins);
        Assert.Equal(2, network.Classes![1].Asprs);
    }

    [Fact]
    public void RefusesNamesOfADescriptionFileThatDoNotFit()
    {
        ParameterSource file = new("room.json", new NetworkParameters { Classes = [new("a"), new("b")] });
        InvalidNetworkDescriptionException fault = Assert.Throws<InvalidNetworkDescriptionException>(
            () => NetworkRecognition.Recognize("c.pth", PyTorchPointNet2Tables.SegmentationSingle(), file, new ParameterSource(NetworkPreset.Find("s3dis")!)));
        Assert.Equal("room.json: it has 2 classes; c.pth has 13 by its shapes", fault.Message);
    }

    [Fact]
    public void RefusesValuesOutOfRange()
    {
        ParameterSource file = new("room.json", new NetworkParameters { Radii = [[0.1f], [-0.2f], [0.4f], [0.8f]] });
        InvalidNetworkDescriptionException fault = Assert.Throws<InvalidNetworkDescriptionException>(
            () => NetworkRecognition.Recognize("c.pth", PyTorchPointNet2Tables.SegmentationSingle(), file, new ParameterSource(NetworkPreset.Find("s3dis")!)));
        Assert.Contains("levels[1].scales[0].radius is -0.2", fault.Message);
    }

    private static string Fault(CheckpointTable table) => Assert.Throws<InvalidCheckpointException>(() => NetworkRecognition.Recognize("c.pth", table)).Message;
}
