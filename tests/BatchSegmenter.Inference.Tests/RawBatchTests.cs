using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

/// <summary>The network of these tests scores a point by its channels: class 0 by the first less the second, class 1 by the second.</summary>
public sealed class RawBatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<PointLayout, PointLayout, int?, int?> Layouts => new()
    {
        { PointLayout.ChannelsFirst, PointLayout.PointsFirst, null, null },
        { PointLayout.PointsFirst, PointLayout.ChannelsFirst, null, null },
        { PointLayout.PointsFirst, PointLayout.PointsFirst, 1, 5 },
        { PointLayout.ChannelsFirst, PointLayout.ChannelsFirst, 3, 4 },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void ScoresComeBackPointByPointWhateverTheLayout(PointLayout layout, PointLayout scoresLayout, int? batch, int? points)
    {
        using SegmentationModel model = SegmentationModel.Load(Write(layout, scoresLayout, batch, points));
        float[] scores = new float[6];
        model.Run(new RawBlock(new float[] { 5, 1, 7, 2, 9, 3 }, 3), scores);
        Assert.Equal([4, 1, 5, 2, 6, 3], scores);
    }

    [Fact]
    public void RefusesAnotherNumberOfChannelsAndBlocksThatAreTooLarge()
    {
        using SegmentationModel model = SegmentationModel.Load(Write(PointLayout.PointsFirst, PointLayout.PointsFirst, null, 4));
        Assert.Contains("1 to 4 points of 2 channels", Assert.Throws<ArgumentException>(() => model.Run(new RawBlock(new float[9], 3), new float[6])).Message);
        Assert.Contains("1 to 4 points of 2 channels", Assert.Throws<ArgumentException>(() => model.Run(new RawBlock(new float[10], 5), new float[10])).Message);
    }

    [Fact]
    public void RefusesANetworkThatDisagreesWithItsDescription()
    {
        Assert.Contains("takes blocks of 3 points, but input.block.points is 4", Refusal(() => Write(PointLayout.PointsFirst, PointLayout.PointsFirst, null, 3)));
        Assert.Contains("the 3 channels of a point", Refusal(() => Write(PointLayout.PointsFirst, PointLayout.PointsFirst, null, 4, features: 3)));
        Assert.Contains("the 5 classes", Refusal(() => Write(PointLayout.PointsFirst, PointLayout.PointsFirst, null, 4, classes: 5)));
        Assert.Contains("asks for the input cloud", Refusal(() => Write(PointLayout.PointsFirst, PointLayout.PointsFirst, null, 4, input: "cloud")));
    }

    [Fact]
    public void JoinsPositionsAndFeaturesAsTheNetworkWasTrainedOnThem()
    {
        float[] positions = [1, 2, 3, 4, 5, 6], features = [7, 8];
        Assert.Equal([1, 2, 3, 7, 4, 5, 6, 8], RawBlock.Of(SampleModels.TwoLevels with { Features = 1 }, positions, features).Points.ToArray());
        Assert.Equal([7, 8], RawBlock.Of(SampleModels.TwoLevels with { Features = 1, PositionsAsFeatures = true }, positions, features).Points.ToArray());
    }

    private static string Refusal(Action write) => Assert.Throws<InvalidModelBundleException>(write).Message;

    private ModelBundle Write(PointLayout layout, PointLayout scoresLayout, int? batch, int? points, int features = 2, int classes = 2, string input = "points")
    {
        GraphBuilder builder = new("differences");
        Dimension batchExtent = batch is int b ? b : "batch", pointExtent = points is int p ? p : "points";
        Value given = builder.Input(new OnnxValue("points", ElementType.Float32, layout == PointLayout.PointsFirst ? [batchExtent, pointExtent, 2] : [batchExtent, 2, pointExtent]));
        Value rows = layout == PointLayout.PointsFirst ? given : Turned("rows", given);
        string name = scoresLayout == PointLayout.PointsFirst ? "scores" : "products";
        Value scores = builder.Node("MatMul", name, [rows, builder.Constant("weights", [1, 0, -1, 1], 2, 2)]);
        if (scoresLayout == PointLayout.ChannelsFirst) Turned("scores", scores);
        builder.Output(new OnnxValue("scores", ElementType.Float32, scoresLayout == PointLayout.PointsFirst ? [batchExtent, pointExtent, 2] : [batchExtent, 2, pointExtent]));
        ModelDescription sample = SampleModels.Description(SampleModels.TwoLevels with { Features = features, Classes = classes });
        ModelDescription description = sample with
        {
            Architecture = new ForeignNetworkDescription { Features = features, Classes = classes, Input = input, Layout = layout, ScoresLayout = scoresLayout },
            Neighbourhoods = NeighbourhoodPlace.Inside,
            Input = sample.Input with { Block = new BlockDescription(4, 2) },
        };
        return ModelBundleWriter.Write(_folder["bundle"], description, builder.Build());

        Value Turned(string called, Value value) => builder.Node("Transpose", called, [value], new OnnxAttribute("perm", new long[] { 0, 2, 1 }));
    }
}
