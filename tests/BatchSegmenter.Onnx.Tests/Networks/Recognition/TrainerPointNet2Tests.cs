using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

public class TrainerPointNet2Tests
{
    [Fact]
    public void RecognizesWhatOurOwnWeightsAreWrittenAs()
    {
        PointNet2Description written = SampleNetworks.TwoLevels() with
        {
            Dropout = 0,
            Levels = [.. SampleNetworks.TwoLevels().Levels.Select(level => level with { Ratio = null, Samples = 16, RelativeByRadius = true })],
        };
        SafetensorsFile file = Written(PointNet2Weights.Random(written, 1));
        NetworkParameters told = new() { Samples = [16, 16], Radii = [[2.5f, 5], [10]], Neighbors = [[8, 16], [8]], RelativeByRadius = true };

        RecognizedNetwork network = NetworkRecognition.Recognize(
            "own", file.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Shape), new ParameterSource("flag", told));

        Assert.Equal(written.ToJson(), network.Description.ToJson());
        Assert.Equal(LayerTensors.Own("levels.0.1.0", normalized: true), network.Layers["levels.0.1.0"]);
        Assert.Equal(LayerTensors.Own("head.1", normalized: false), network.Layers["head.1"]);
    }

    private static SafetensorsFile Written(PointNet2Weights weights)
    {
        SafetensorsWriter writer = new();
        weights.AddTo(writer);
        using MemoryStream stream = new();
        writer.WriteTo(stream);
        return SafetensorsFile.Read(stream.ToArray(), "own");
    }
}
