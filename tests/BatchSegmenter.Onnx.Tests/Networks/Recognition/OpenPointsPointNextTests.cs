using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

public class OpenPointsPointNextTests
{
    [Theory]
    [InlineData("S", 32, 2, true, 0, 0, 0, 0)]
    [InlineData("B", 32, 1, false, 1, 2, 1, 1)]
    [InlineData("L", 32, 1, false, 2, 4, 2, 2)]
    [InlineData("XL", 64, 1, false, 3, 6, 3, 3)]
    public void RecognizesThePublishedSizes(string size, int width, int layers, bool residual, params int[] blocks)
    {
        RecognizedNetwork network = PyTorchPointNet2Tests.Recognize(Segmentation(width, layers, residual, blocks), "s3dis-pointnext");
        PointNet2Description description = Assert.IsType<PointNet2Description>(network.Description);

        Assert.Equal($"PointNeXt-{size} semantic segmentation", network.Family);
        Assert.Equal((4, 13, width), (description.Features, description.Classes, description.Stem));
        Assert.Equal((7, false, true), (description.PointChannels, description.PositionsAsFeatures, description.RadiusExclusive));
        Assert.Equal(InterpolationWeight.InverseDistance, description.Interpolation);
        Assert.Equal([4, 4, 4, 4], description.Levels.Select(level => level.Stride));
        Assert.Equal([0.1f, 0.2f, 0.4f, 0.8f], description.Levels.Select(level => level.Scales.Single().Radius));
        Assert.All(description.Levels, level => Assert.True(level.RelativeByRadius));
        Assert.All(description.Levels, level => Assert.Equal(residual, level.Residual));
        Assert.All(description.Levels, level => Assert.Equal(layers, level.Scales[0].Widths.Count));
        Assert.Equal(blocks, description.Levels.Select(level => level.Blocks?.Count ?? 0));
        Assert.Equal([2 * width, 4 * width, 8 * width, 16 * width], description.Levels.Select(level => level.Scales[0].Widths[^1]));
        foreach (ResidualBlockDescription block in description.Levels[1].Blocks ?? []) Assert.Equal((0.4f, 32, 16 * width), (block.Radius, block.Neighbors, block.Hidden));
        Assert.All(description.Propagation, step => Assert.True(step.Skip));
        Assert.Equal([width, width], description.Propagation[3].Widths);
        Assert.Equal([width], description.Head);
        Assert.False(network.LogSoftmax);
        Assert.Equal(new LayerTensors("encoder.encoder.0.0.convs.0.0", null), network.Layers["stem"]);
        Assert.Equal(new LayerTensors("decoder.decoder.3.0.convs.0.0", "decoder.decoder.3.0.convs.0.1"), network.Layers["propagation.0.0"]);
        Assert.Equal(new LayerTensors("head.head.2.0", null), network.Layers["head.1"]);
        if (residual) Assert.Equal(new LayerTensors("encoder.encoder.2.0.skipconv.0", null), network.Layers["levels.1.residual"]);
        if (blocks[1] > 0)
        {
            Assert.Equal(new LayerTensors("encoder.encoder.2.2.convs.convs.0.0", "encoder.encoder.2.2.convs.convs.0.1"), network.Layers["levels.1.blocks.1.0"]);
            Assert.Equal(new LayerTensors("encoder.encoder.2.2.pwconv.1.0", "encoder.encoder.2.2.pwconv.1.1"), network.Layers["levels.1.blocks.1.2"]);
        }
        Assert.Equal("chair", network.Classes![7].Name);
        Assert.Empty(network.Remarks);
    }

    [Fact]
    public void RemarksOnASizeThatWasNeverPublished()
    {
        RecognizedNetwork network = PyTorchPointNet2Tests.Recognize(Segmentation(48, 1, false, [1, 0, 2, 1], features: 6, classes: 2), "s3dis-pointnext");
        Assert.Equal((6, 2), (network.Description.Features, network.Description.Classes));
        Assert.Contains("1, 0, 2, 1", network.Remarks[0]);
    }

    [Fact]
    public void AsksWhetherPositionsAreAmongTheFeatures()
    {
        ParameterSource flags = new("flag", new NetworkParameters { Strides = [4, 4, 4, 4], Radii = [[1], [2], [4], [8]], Neighbors = [[8], [8], [8], [8]] });
        MissingParametersException fault = Assert.Throws<MissingParametersException>(() => NetworkRecognition.Recognize("c.pth", Segmentation(32, 2, true, [0, 0, 0, 0]), flags));
        Assert.Equal(["positionsAsFeatures"], fault.Missing);
    }

    [Theory]
    [InlineData("encoder.encoder.2.1.", "encoder.encoder.2.1.convs.convs.0.0.weight is missing")]
    [InlineData("encoder.encoder.2.2.pwconv.1.", "encoder.encoder.2.2.pwconv.1.0.weight is missing")]
    [InlineData("encoder.encoder.3.", "encoder.encoder.3.0.convs.0.0.weight is missing")]
    [InlineData("encoder.encoder.0.", "encoder.encoder.0.0.convs.0.0.weight is missing")]
    [InlineData("encoder.encoder.4.", "expected as many")]
    [InlineData("head.head.0.", "head.head.0.0.weight is missing")]
    [InlineData("decoder.", "prediction.head.0.0.weight is missing")]
    public void RefusesACheckpointWithoutALayer(string prefix, string expected) =>
        Assert.Contains(expected, Fault(Segmentation(32, 1, false, [1, 2, 1, 1]).Without(prefix)));

    [Fact]
    public void RefusesAMissingSkip() =>
        Assert.Contains("encoder.encoder.3.0.skipconv.0.weight is missing", Fault(Segmentation(32, 2, true, [0, 0, 0, 0]).Without("encoder.encoder.3.0.skipconv")));

    [Theory]
    [InlineData(1, """{"global": ["max"]}""", GlobalFeature.Max)]
    [InlineData(1, """{"global": ["mean"]}""", GlobalFeature.Mean)]
    [InlineData(2, "{}", GlobalFeature.Max, GlobalFeature.Mean)]
    [InlineData(2, """{"global": ["mean", "max"]}""", GlobalFeature.Mean, GlobalFeature.Max)]
    public void RecognizesAHeadThatIsToldOfTheBlock(int pooled, string told, params GlobalFeature[] expected)
    {
        RecognizedNetwork network = Recognize(Told(pooled), told);
        PointNet2Description description = (PointNet2Description)network.Description;
        Assert.Equal(expected, description.Global);
        Assert.Equal([32], description.Head);
        Assert.Equal((32 * (1 + pooled), 32), (LayerShape.OfHead(description)[0].Inputs, LayerShape.OfHead(description)[0].Outputs));
    }

    [Fact]
    public void AsksWhichOfMaximumAndMeanTheHeadIsTold() =>
        Assert.Contains("global (", Assert.Single(Assert.Throws<MissingParametersException>(() => Recognize(Told(1), "{}")).Missing));

    [Theory]
    [InlineData(0, """{"global": ["max"]}""", "global has no meaning")]
    [InlineData(1, """{"global": ["max", "mean"]}""", "the head takes 1 by its shapes")]
    [InlineData(2, """{"global": ["max"]}""", "the head takes 2 by its shapes")]
    [InlineData(2, """{"global": ["max", "max"]}""", "each once")]
    [InlineData(1, """{"global": []}""", "one or more")]
    public void RefusesToTellTheHeadOtherThanItTakes(int pooled, string told, string expected) =>
        Assert.Contains(expected, Assert.Throws<InvalidNetworkDescriptionException>(() => Recognize(Told(pooled), told)).Message);

    [Fact]
    public void RefusesAHeadOfAnyOtherWidth() =>
        Assert.Contains("head.head.0.0.weight is [32, 128, 1]; expected [32, 32, 1]", Fault(Segmentation(32, 1, false, [1, 2, 1, 1]).With("head.head.0.0.weight", 32, 128, 1)));

    private static CheckpointTable Told(int pooled) => Segmentation(32, 1, false, [1, 2, 1, 1]).With("head.head.0.0.weight", 32, 32 * (1 + pooled), 1);

    private static RecognizedNetwork Recognize(CheckpointTable table, string told) => NetworkRecognition.Recognize(
        "c.pth", table, new ParameterSource("description", NetworkParameters.Parse(told, "description")), new ParameterSource(NetworkPreset.Find("s3dis-pointnext")!));

    [Fact]
    public void NamesPartSegmentation() =>
        Assert.Contains("part segmentation", Fault(Segmentation(32, 2, true, [0, 0, 0, 0]).With("decoder.global_conv1.0.0.weight", 64, 128, 1)));

    [Fact]
    public void RecognizesClassification()
    {
        CheckpointTable table = Encoder(32, [64, 128, 256, 512, 512], 2, true, [0, 0, 0, 0, 0], 3, stridden: 4);
        table.Convolution("prediction.head.0.0", 512, 512, axes: 0, bias: false);
        table.Norm("prediction.head.0.1", 512);
        table.Convolution("prediction.head.2.0", 512, 256, axes: 0, bias: false);
        table.Norm("prediction.head.2.1", 256);
        table.Convolution("prediction.head.4.0", 256, 40, axes: 0);

        RecognizedNetwork network = PyTorchPointNet2Tests.Recognize(table, "modelnet40");
        PointNet2Description description = (PointNet2Description)network.Description;

        Assert.Equal(NetworkTask.Classification, description.Task);
        Assert.Equal((3, 40, true), (description.PointChannels, description.Classes, description.PositionsAsFeatures));
        Assert.Equal([false, false, false, false, true], description.Levels.Select(level => level.All));
        Assert.Equal([true, true, true, true, false], description.Levels.Select(level => level.Residual));
        Assert.Equal([512, 256], description.Head);
    }

    internal static CheckpointTable Segmentation(int width, int layers, bool residual, int[] blocks, int features = 4, int classes = 13)
    {
        int[] widths = [2 * width, 4 * width, 8 * width, 16 * width];
        CheckpointTable table = Encoder(width, widths, layers, residual, blocks, features, stridden: 4);
        int[] outputs = [width, .. widths[..3]];
        int coarse = widths[3];
        for (int level = 3; level >= 0; level--)
        {
            for (int i = 0; i < 2; i++)
            {
                table.Convolution($"decoder.decoder.{level}.0.convs.{i}.0", i == 0 ? outputs[level] + coarse : outputs[level], outputs[level], axes: 1, bias: false);
                table.Norm($"decoder.decoder.{level}.0.convs.{i}.1", outputs[level]);
            }
            coarse = outputs[level];
        }
        table.Convolution("head.head.0.0", width, width, axes: 1, bias: false);
        table.Norm("head.head.0.1", width);
        table.Convolution("head.head.2.0", width, classes, axes: 1);
        return table;
    }

    private static CheckpointTable Encoder(int stem, int[] widths, int layers, bool residual, int[] blocks, int features, int stridden)
    {
        CheckpointTable table = [];
        table.Convolution("encoder.encoder.0.0.convs.0.0", features, stem, axes: 1);
        int inputs = stem;
        for (int stage = 1; stage <= widths.Length; stage++)
        {
            int width = widths[stage - 1];
            string prefix = $"encoder.encoder.{stage}";
            for (int i = 0; i < layers; i++)
            {
                int middle = stage <= stridden ? width / 2 : width;
                int outputs = i == layers - 1 ? width : middle;
                table.Convolution($"{prefix}.0.convs.{i}.0", i == 0 ? 3 + inputs : middle, outputs, axes: 2, bias: false);
                table.Norm($"{prefix}.0.convs.{i}.1", outputs);
            }
            if (residual && stage <= stridden) table.Convolution($"{prefix}.0.skipconv.0", inputs, width, axes: 1);
            for (int block = 1; block <= blocks[stage - 1]; block++)
            {
                table.Convolution($"{prefix}.{block}.convs.convs.0.0", 3 + width, width, axes: 2, bias: false);
                table.Norm($"{prefix}.{block}.convs.convs.0.1", width);
                table.Convolution($"{prefix}.{block}.pwconv.0.0", width, 4 * width, axes: 1, bias: false);
                table.Norm($"{prefix}.{block}.pwconv.0.1", 4 * width);
                table.Convolution($"{prefix}.{block}.pwconv.1.0", 4 * width, width, axes: 1, bias: false);
                table.Norm($"{prefix}.{block}.pwconv.1.1", width);
            }
            inputs = width;
        }
        return table;
    }

    private static string Fault(CheckpointTable table) => Assert.Throws<InvalidCheckpointException>(() => PyTorchPointNet2Tests.Recognize(table, "s3dis-pointnext")).Message;
}
