using System.Text.Json;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Recognition;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

/// <summary>Checkpoints that PyTorch made (see reference/README.md) are recognised as what the description beside each says they are.</summary>
public class GoldenCheckpointTests
{
    public static TheoryData<string> Names => [.. GoldenCheckpoint.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void AreRecognized(string name)
    {
        GoldenCheckpoint golden = new(name);
        (JsonElement told, string family) = (golden.Told, golden.Family);
        Checkpoint checkpoint = Checkpoint.Open(golden.Path);
        ParameterSource source = new("description", golden.Parameters);

        RecognizedNetwork network = NetworkRecognition.Recognize(checkpoint, source);

        Assert.Equal(told.GetProperty("channels").GetInt32(), network.Description.PointChannels);
        Assert.Equal(told.GetProperty("classes").GetInt32(), network.Description.Classes);
        Assert.Equal(told.TryGetProperty("categories", out JsonElement categories) ? categories.GetInt32() : 0, network.Description.Categories);
        Assert.Equal(told.GetProperty("scores").GetString() == "log_softmax", network.LogSoftmax);
        Assert.Equal(family.Contains("_cls"), network.Description.Task == NetworkTask.Classification);
        Assert.Equal(network.Layers.Values.Sum(layer => 1 + (layer.Norm is null ? 0 : 4)) + Biases(checkpoint, network) + network.Unused.Count, checkpoint.Tensors.Count);
        if (network.Description is not PointNet2Description description) return;
        Assert.Equal(family.Contains("_msg"), description.Levels.Any(level => level.FeaturesFirst));
        Assert.Equal(family == "pointnext", description.RadiusExclusive);
        Assert.Equal(golden.Parameters.Global, description.Global);
        Assert.Equal(family.Contains("_cls") || family.Contains("_part"), description.Levels[^1].All);
        // The graph asks for every layer under the name that recognition gave it, and for no others.
        Assert.Equal(LayerShape.All(description).Select(layer => layer.Name).Order(), network.Layers.Keys.Order());
        foreach (LayerShape layer in LayerShape.All(description))
        {
            Assert.Equal([layer.Outputs, layer.Inputs], checkpoint.Tensors[$"{network.Layers[layer.Name].Linear}.weight"].Shape.Take(2).Select(extent => (int)extent));
            Assert.Equal(layer.Normalized, network.Layers[layer.Name].Norm is not null);
        }
    }

    private static int Biases(Checkpoint checkpoint, RecognizedNetwork network) => network.Layers.Values.Count(layer => checkpoint.Tensors.ContainsKey($"{layer.Linear}.bias"));
}
