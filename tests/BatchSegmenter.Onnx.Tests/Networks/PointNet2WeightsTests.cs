using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Onnx.Tests.Networks;

public sealed class PointNet2WeightsTests
{
    private static readonly PointNet2Description Description = SampleNetworks.TwoLevels();

    [Fact]
    public void ComesBackFromACheckpointUnchanged()
    {
        PointNet2Weights weights = PointNet2Weights.Random(Description, 7);
        PointNet2Weights again = PointNet2Weights.Load(Written(weights), Description);

        Assert.Equal(Layer(weights, "levels.0.1.0").Weight, Layer(again, "levels.0.1.0").Weight);
        Assert.Equal(Layer(weights, "propagation.0.1").Norm!.RunningVariance, Layer(again, "propagation.0.1").Norm!.RunningVariance);
        Assert.Equal(Layer(weights, "head.1").Bias, Layer(again, "head.1").Bias);
        Assert.Equal(weights.ParameterCount, again.ParameterCount);
    }

    [Fact]
    public void CountsParameters()
    {
        // Linear (7·8 + 8·12) + (7·6) + (21·16 + 16·16 + 16·24), (18+24)·20 + 20·16, 16·16, 16·12 + 12·3 + 3; two per normed channel.
        const int linear = 56 + 96 + 42 + 336 + 256 + 384 + 840 + 320 + 256 + 192 + 36 + 3;
        const int norms = 2 * (8 + 12 + 6 + 16 + 16 + 24 + 20 + 16 + 16 + 12);
        Assert.Equal(linear + norms, PointNet2Weights.Random(Description, 1).ParameterCount);
    }

    [Fact]
    public void IgnoresCountsOfBatchesSeen()
    {
        PointNet2Weights.Load(Written(PointNet2Weights.Random(Description, 7), extra: "head.0.norm.num_batches_tracked"), Description);
    }

    [Theory]
    [InlineData("strange.weight", "tensor strange.weight has no place")]
    public void RefusesATensorThatIsNotAskedFor(string extra, string message) =>
        Assert.Contains(message, Refusal(Written(PointNet2Weights.Random(Description, 7), extra), Description));

    [Fact]
    public void NamesATensorOfAnotherShape()
    {
        PointNet2Description wider = Description with { Features = 5 };
        string message = Refusal(Written(PointNet2Weights.Random(Description, 7)), wider);
        Assert.Contains("tensor levels.0.0.0.linear.weight is float32[8, 7]; the architecture asks for float32[8, 8]", message);
    }

    [Fact]
    public void NamesAMissingTensor()
    {
        PointNet2Description deeper = Description with { Head = [12, 12] };
        string message = Refusal(Written(PointNet2Weights.Random(Description, 7)), deeper);
        Assert.Contains("tensor head.1.linear.weight is float32[3, 12]; the architecture asks for float32[12, 12]", message);
        PointNet2Description longer = Description with { Propagation = [Description.Propagation[0], new() { Widths = [16, 16], Skip = false }] };
        Assert.Contains("tensor propagation.1.1.linear.weight is missing", Refusal(Written(PointNet2Weights.Random(Description, 7)), longer));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void RefusesWeightsThatAreNotFinite(float value)
    {
        PointNet2Weights weights = PointNet2Weights.Random(Description, 7);
        Layer(weights, "head.0").Weight[5] = value;
        Assert.Contains("tensor head.0.linear.weight holds", Refusal(Written(weights), Description));
    }

    [Fact]
    public void RefusesANegativeVariance()
    {
        PointNet2Weights weights = PointNet2Weights.Random(Description, 7);
        Layer(weights, "head.0").Norm!.RunningVariance[2] = -1;
        Assert.Contains("tensor head.0.norm.running_var holds -1 at element 2", Refusal(Written(weights), Description));
    }

    private static CheckpointLayer Layer(PointNet2Weights weights, string name) =>
        weights.Of([.. LayerShape.All(weights.Description).Where(shape => shape.Name == name)])[0];

    private static string Refusal(Checkpoint checkpoint, PointNet2Description description) =>
        Assert.Throws<InvalidCheckpointException>(() => PointNet2Weights.Load(checkpoint, description)).Message;

    private static Checkpoint Written(PointNet2Weights weights, string? extra = null)
    {
        SafetensorsWriter writer = new();
        weights.AddTo(writer);
        if (extra is not null) writer.Add(extra, new float[] { 1 });
        using MemoryStream stream = new();
        writer.WriteTo(stream);
        return Checkpoint.Read(stream.ToArray(), "checkpoint");
    }
}
