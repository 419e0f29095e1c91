using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Onnx.Tests.Networks;

public sealed class PointNet2DescriptionTests
{
    private const string Json = """
        { "type": "pointnet2", "features": 4, "classes": 3,
          "levels": [ { "ratio": 0.25, "scales": [ { "radius": 2.5, "neighbors": 32, "widths": [32,32,64] } ], "relativeByRadius": true },
                      { "samples": 16, "scales": [ { "radius": 5, "neighbors": 16, "widths": [64] }, { "radius": 10, "neighbors": 16, "widths": [32] } ] } ],
          "propagation": [ { "widths": [64], "skip": true }, { "widths": [32], "skip": false } ],
          "head": [128], "dropout": 0.5 }
        """;

    [Fact]
    public void ReadsEveryKey()
    {
        PointNet2Description description = PointNet2Description.Parse(Json, "model.json");

        Assert.Equal(4, description.Features);
        Assert.Equal(3, description.Classes);
        Assert.Equal(0.25, description.Levels[0].Ratio);
        Assert.True(description.Levels[0].RelativeByRadius);
        Assert.Equal(16, description.Levels[1].Samples);
        Assert.False(description.Levels[1].RelativeByRadius);
        Assert.Equal(2.5f, description.Levels[0].Scales[0].Radius);
        Assert.Equal([32, 32, 64], description.Levels[0].Scales[0].Widths);
        Assert.False(description.Propagation[1].Skip);
        Assert.Equal(96, description.LevelWidth(2));
        Assert.Equal(0.5, description.Dropout);
    }

    [Fact]
    public void KeepsWhatTheHeadIsTold()
    {
        PointNet2Description description = PointNet2Description.Parse(Json.Replace("\"dropout\"", "\"global\": [\"mean\", \"max\"], \"dropout\""), "model.json");
        Assert.Equal([GlobalFeature.Mean, GlobalFeature.Max], description.Global);
        Assert.Equal(3 * 32, LayerShape.OfHead(description)[0].Inputs);
        Assert.Equal(description.Global, PointNet2Description.Parse(description.ToJson(), "again").Global);
        Assert.DoesNotContain("global", PointNet2Description.Parse(Json, "model.json").ToJson());
    }

    [Fact]
    public void WritesWhatItReads()
    {
        PointNet2Description description = PointNet2Description.Parse(Json, "model.json");
        string written = description.ToJson();
        Assert.Equal(written, PointNet2Description.Parse(written, "again").ToJson());
    }

    [Theory]
    [InlineData(4096, 1024, 16)]
    [InlineData(4095, 1024, 16)]
    [InlineData(5, 2, 2)]
    [InlineData(1, 1, 1)]
    public void RoundsRatiosUpAndCapsCounts(int points, int first, int second) =>
        Assert.Equal([points, first, second], PointNet2Description.Parse(Json, "model.json").SampleCounts(points));

    [Theory]
    [InlineData("\"pointnet2\"", "\"pointnext\"", "pointnext")]
    [InlineData("\"features\": 4", "\"features\": -1", "architecture.features is -1; expected at least 0")]
    [InlineData("\"classes\": 3", "\"classes\": 1", "architecture.classes is 1")]
    [InlineData("\"ratio\": 0.25", "\"ratio\": 1.5", "architecture.levels[0].ratio is 1.5; expected in (0, 1]")]
    [InlineData("\"ratio\": 0.25", "\"ratio\": 0.25, \"samples\": 3", "architecture.levels[0] is 2 of ratio, samples, stride and all")]
    [InlineData("\"samples\": 16", "\"samples\": 0", "architecture.levels[1].samples is 0")]
    [InlineData("\"radius\": 10", "\"radius\": -1", "architecture.levels[1].scales[1].radius is -1")]
    [InlineData("\"neighbors\": 32", "\"neighbors\": 0", "architecture.levels[0].scales[0].neighbors is 0")]
    [InlineData("[32,32,64]", "[]", "architecture.levels[0].scales[0].widths is []")]
    [InlineData("{ \"widths\": [64], \"skip\": true },", "", "architecture.propagation is 1 entries; expected 2")]
    [InlineData("\"dropout\": 0.5", "\"dropout\": 1", "architecture.dropout is 1")]
    [InlineData("\"dropout\": 0.5", "\"global\": []", "architecture.global is []; expected one or more of max and mean")]
    [InlineData("\"dropout\": 0.5", "\"global\": [\"max\", \"max\"]", "architecture.global is [Max, Max]")]
    [InlineData("\"dropout\": 0.5", "\"global\": [\"mean\"], \"task\": \"classification\"", "architecture.propagation is 2 entries")]
    [InlineData("\"dropout\": 0.5", "\"global\": [\"avg\"]", "can't be read")]
    [InlineData("\"head\": [128]", "\"head\": [128], \"attention\": true", "attention")]
    [InlineData("\"features\": 4, ", "", "features")]
    public void NamesTheKeyThatIsWrong(string found, string replacement, string message)
    {
        Assert.Contains(found, Json);
        InvalidNetworkDescriptionException fault = Assert.Throws<InvalidNetworkDescriptionException>(
            () => PointNet2Description.Parse(Json.Replace(found, replacement), "model.json"));
        Assert.StartsWith("model.json: ", fault.Message);
        Assert.Contains(message, fault.Message);
    }
}
