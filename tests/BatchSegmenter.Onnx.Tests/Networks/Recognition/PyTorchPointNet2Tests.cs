using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

public class PyTorchPointNet2Tests
{
    [Fact]
    public void RecognizesSemanticSegmentationWithOneScale()
    {
        RecognizedNetwork network = Recognize(PyTorchPointNet2Tables.SegmentationSingle(), "s3dis");
        PointNet2Description description = Assert.IsType<PointNet2Description>(network.Description);

        Assert.Equal(NetworkTask.Segmentation, description.Task);
        Assert.Equal((9, 13, 0), (description.Features, description.Classes, description.Categories));
        Assert.Equal(9, description.PointChannels);
        Assert.False(description.RadiusExclusive);
        Assert.Equal(InterpolationWeight.InverseSquaredDistance, description.Interpolation);
        Assert.Equal([1024, 256, 64, 16], description.Levels.Select(level => level.Samples));
        Assert.Equal([0.1f, 0.2f, 0.4f, 0.8f], description.Levels.Select(level => level.Scales.Single().Radius));
        Assert.All(description.Levels, level => Assert.Equal(32, level.Scales[0].Neighbors));
        Assert.All(description.Levels, level => Assert.False(level.FeaturesFirst || level.RelativeByRadius || level.All || level.Residual));
        Assert.Equal([64, 64, 128], description.Levels[1].Scales[0].Widths);
        Assert.Equal([true, true, true, false], description.Propagation.Select(step => step.Skip));
        Assert.Equal([256, 128], description.Propagation[2].Widths);
        Assert.Equal([128], description.Head);
        Assert.True(network.LogSoftmax);
        Assert.Equal(new LayerTensors("sa1.mlp_convs.0", "sa1.mlp_bns.0"), network.Layers["levels.0.0.0"]);
        Assert.Equal(new LayerTensors("fp4.mlp_convs.1", "fp4.mlp_bns.1"), network.Layers["propagation.0.1"]);
        Assert.Equal(new LayerTensors("conv1", "bn1"), network.Layers["head.0"]);
        Assert.Equal(new LayerTensors("conv2", null), network.Layers["head.1"]);
        Assert.Equal(12 + 9 + 2, network.Layers.Count);
        Assert.Equal("wall", network.Classes![2].Name);
        Assert.Equal(["x", "y", "z", "red", "green", "blue", "cloud_x", "cloud_y", "cloud_z"], network.Channels!.Select(channel => channel.Name));
        Assert.Contains(new ValueOrigin("class count", "13", "shapes"), network.Origins);
        Assert.Contains(new ValueOrigin("radii", "0.1; 0.2; 0.4; 0.8", "preset s3dis"), network.Origins);
        Assert.Contains(new ValueOrigin("radiusExclusive", "no", "family"), network.Origins);
        Assert.Empty(network.Remarks);
        Assert.Equal(22, network.Unused.Count);
    }

    [Fact]
    public void RecognizesSemanticSegmentationWithScalesWhoseFeaturesComeFirst()
    {
        RecognizedNetwork network = Recognize(PyTorchPointNet2Tables.SegmentationMulti(), "s3dis");
        PointNet2Description description = (PointNet2Description)network.Description;

        Assert.All(description.Levels, level => Assert.True(level.FeaturesFirst));
        Assert.Equal([0.05f, 0.1f], description.Levels[0].Scales.Select(scale => scale.Radius));
        Assert.Equal([16, 32], description.Levels[3].Scales.Select(scale => scale.Neighbors));
        Assert.Equal([256, 384, 512], description.Levels[3].Scales[1].Widths);
        Assert.Equal(new LayerTensors("sa2.conv_blocks.1.2", "sa2.bn_blocks.1.2"), network.Layers["levels.1.1.2"]);
    }

    [Fact]
    public void TakesChannelsAndClassesFromTheShapesAndLeavesOutThePresetsNames()
    {
        RecognizedNetwork network = Recognize(PyTorchPointNet2Tables.SegmentationSingle(channels: 6, classes: 2), "s3dis");

        Assert.Equal((6, 2), (network.Description.Features, network.Description.Classes));
        Assert.Null(network.Classes);
        Assert.Null(network.Channels);
        Assert.Collection(network.Remarks, remark => Assert.Contains("9, the checkpoint 6", remark), remark => Assert.Contains("13, the checkpoint 2", remark));
    }

    [Fact]
    public void NamesEveryValueThatNobodyTold()
    {
        MissingParametersException fault = Assert.Throws<MissingParametersException>(
            () => NetworkRecognition.Recognize("c.pth", PyTorchPointNet2Tables.SegmentationMulti()));

        Assert.Equal(["samples", "radii", "neighbors"], fault.Missing.Select(value => value.Split(' ')[0]));
        Assert.Contains("4 levels of 2, 2, 2, 2 scales", fault.Message);
        Assert.Contains("s3dis", fault.Message);
    }

    [Theory]
    [InlineData("modelnet40", "semantic segmentation")]
    [InlineData("shapenet-part", "semantic segmentation")]
    public void RefusesAPresetOfAnotherFamily(string preset, string found)
    {
        InvalidNetworkDescriptionException fault = Assert.Throws<InvalidNetworkDescriptionException>(() => Recognize(PyTorchPointNet2Tables.SegmentationSingle(), preset));
        Assert.Contains(found, fault.Message);
        Assert.Contains("s3dis", fault.Message);
    }

    [Fact]
    public void RefusesValuesForAnotherNumberOfLevels()
    {
        CheckpointTable three = PyTorchPointNet2Tables.SegmentationSingle().Without("sa4.", "fp4.");
        three["fp3.mlp_convs.0.weight"] = [256, 128 + 256, 1];

        InvalidNetworkDescriptionException fault = Assert.Throws<InvalidNetworkDescriptionException>(() => Recognize(three, "s3dis"));
        Assert.Contains("4 levels", fault.Message);
        Assert.Contains("3 levels", fault.Message);
    }

    [Theory]
    [InlineData("sa2.mlp_convs.1.", "sa2.mlp_convs.1.weight is missing")]
    [InlineData("sa2.mlp_bns.1.running_var", "sa2.mlp_bns.1.running_var is missing")]
    [InlineData("sa3.", "sa3.mlp_convs.0.weight is missing")]
    [InlineData("sa4.", "expected as many")]
    [InlineData("fp4.", "expected as many")]
    [InlineData("fp2.", "fp2.mlp_convs.0.weight is missing")]
    [InlineData("conv1.", "conv1.weight is missing")]
    [InlineData("bn1.", "bn1.weight is missing")]
    [InlineData("conv2.bias", "conv2.bias is missing")]
    [InlineData("conv2.", "bn1.")]
    public void RefusesACheckpointWithoutALayer(string prefix, string expected) =>
        Assert.Contains(expected, Fault(PyTorchPointNet2Tables.SegmentationSingle().Without(prefix)));

    [Theory]
    [InlineData("sa2.extra.weight")]
    [InlineData("sa2.mlp_convs.0.scale")]
    [InlineData("sa1.mlp_convs.123456.weight")]
    [InlineData("optimizer")]
    public void RefusesATensorThatHasNoPlace(string key) =>
        Assert.Contains($"tensor {key} has no place", Fault(PyTorchPointNet2Tables.SegmentationSingle().With(key, 3)));

    [Fact]
    public void RefusesALevelTooMany() =>
        Assert.Contains("sa5.mlp_convs.0.weight is [512, 3]; expected [512, 515]", Fault(PyTorchPointNet2Tables.SegmentationSingle().With("sa5.mlp_convs.0.weight", 512, 3)));

    [Theory]
    [InlineData("sa1.mlp_convs.0.weight", "sa2.mlp_convs.0.weight", "sa1.mlp_convs.0.bias is [32]; expected [64]")]
    [InlineData("sa3.mlp_convs.2.weight", "sa4.mlp_convs.2.weight", "sa3.mlp_convs.2.weight is [512, 256, 1, 1]; expected [512, 128, 1, 1]")]
    [InlineData("fp3.mlp_convs.0.weight", "fp2.mlp_convs.0.weight", "fp3.mlp_convs.0.weight is [256, 320, 1]; expected [256, 384, 1]")]
    [InlineData("sa1.mlp_bns.0.weight", "sa1.mlp_bns.2.weight", "sa1.mlp_bns.0.weight is [64]; expected [32]")]
    public void RefusesTensorsThatTookEachOthersPlace(string first, string second, string expected) =>
        Assert.Contains(expected, Fault(PyTorchPointNet2Tables.SegmentationSingle().Swapped(first, second)));

    [Fact]
    public void TakesLinearWeightsWithoutTrailingExtents() =>
        Assert.Equal(9, Recognize(PyTorchPointNet2Tables.SegmentationSingle().With("sa1.mlp_convs.0.weight", 32, 12), "s3dis").Description.Features);

    [Theory]
    [InlineData("32,12,1,3")]
    [InlineData("32")]
    [InlineData("32,12,1,1,1")]
    [InlineData("0,12,1,1")]
    [InlineData("32,70000,1,1")]
    [InlineData("32,2,1,1")]
    [InlineData("")]
    public void RefusesWeightsThatAreNoLinearLayers(string shape)
    {
        long[] extents = [.. shape.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)];
        Assert.Contains("sa1", Fault(PyTorchPointNet2Tables.SegmentationSingle().With("sa1.mlp_convs.0.weight", extents)));
    }

    [Fact]
    public void RefusesAMissingLastLayerThatOnlyThePresetCanTell()
    {
        InvalidNetworkDescriptionException fault = Assert.Throws<InvalidNetworkDescriptionException>(
            () => Recognize(PyTorchPointNet2Tables.SegmentationSingle().Without("fp1.mlp_convs.2", "fp1.mlp_bns.2"), "s3dis"));
        Assert.Contains("3, 3, 3, 3, 2, 2, 2, 2, 2", fault.Message);
    }

    [Theory]
    [InlineData(false, 3)]
    [InlineData(true, 6)]
    public void RecognizesPartSegmentation(bool normals, int features)
    {
        foreach (CheckpointTable table in (CheckpointTable[])[PyTorchPointNet2Tables.PartsSingle(normals), PyTorchPointNet2Tables.PartsMulti(normals)])
        {
            RecognizedNetwork network = Recognize(table, "shapenet-part");
            PointNet2Description description = (PointNet2Description)network.Description;
            Assert.Equal((features, 50, 16), (description.Features, description.Classes, description.Categories));
            Assert.True(description.PositionsAsFeatures);
            Assert.Equal([false, false, true], description.Levels.Select(level => level.All));
            Assert.Equal([512, 128, null], description.Levels.Select(level => level.Samples));
            Assert.True(description.Propagation[^1].Skip);
            Assert.Equal(16 + 3 + features, description.SkipWidth(2));
            Assert.Equal(features, network.Channels!.Count);
            Assert.Equal("airplane 1", network.Classes![0].Name);
            Assert.Equal("table 3", network.Classes[49].Name);
            Assert.Equal("motorbike", network.Categories![10]);
            Assert.Empty(network.Remarks);
        }
    }

    [Fact]
    public void CountsCategoriesByTheShapes()
    {
        RecognizedNetwork network = Recognize(PyTorchPointNet2Tables.PartsSingle(categories: 4, classes: 11), "shapenet-part");
        Assert.Equal((4, 11), (network.Description.Categories, network.Description.Classes));
        Assert.Null(network.Categories);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 3)]
    public void RecognizesClassification(bool normals, int features)
    {
        foreach (CheckpointTable table in (CheckpointTable[])[PyTorchPointNet2Tables.ClassificationSingle(normals), PyTorchPointNet2Tables.ClassificationMulti(normals)])
        {
            RecognizedNetwork network = Recognize(table, "modelnet40");
            PointNet2Description description = (PointNet2Description)network.Description;
            Assert.Equal(NetworkTask.Classification, description.Task);
            Assert.Equal((features, 40), (description.Features, description.Classes));
            Assert.False(description.PositionsAsFeatures);
            Assert.Equal(3 + features, description.PointChannels);
            Assert.Equal([false, false, true], description.Levels.Select(level => level.All));
            Assert.Empty(description.Propagation);
            Assert.Equal([512, 256], description.Head);
            Assert.Equal(3 + features, network.Channels!.Count);
            Assert.Equal("xbox", network.Classes![39].Name);
            Assert.Equal(new LayerTensors("fc3", null), network.Layers["head.2"]);
        }
    }

    [Fact]
    public void DoesNotTakeAClassificationPresetForPartSegmentation() =>
        Assert.Throws<InvalidNetworkDescriptionException>(() => Recognize(PyTorchPointNet2Tables.PartsSingle(), "modelnet40"));

    [Fact]
    public void DoesNotTakeTenClassesForForty() =>
        Assert.Contains("10, the checkpoint 40", Recognize(PyTorchPointNet2Tables.ClassificationSingle(), "modelnet10").Remarks.Single());

    internal static RecognizedNetwork Recognize(CheckpointTable table, string preset) =>
        NetworkRecognition.Recognize("c.pth", table, new ParameterSource(NetworkPreset.Find(preset)!));

    private static string Fault(CheckpointTable table) => Assert.Throws<InvalidCheckpointException>(() => Recognize(table, "s3dis")).Message;
}
