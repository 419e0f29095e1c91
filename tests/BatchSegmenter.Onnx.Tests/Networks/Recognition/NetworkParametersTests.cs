using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

public class NetworkParametersTests
{
    [Theory]
    [InlineData("""{ "radius": 1 }""", "radius")]
    [InlineData("""{ "samples": [1], "samples": [2] }""", "samples")]
    [InlineData("""{ "samples": [1], "strides": [2] }""", "at most one")]
    [InlineData("""{ "interpolation": "nearest" }""", "interpolation")]
    [InlineData("""{ "radii": [null] }""", "radii")]
    [InlineData("""{ "classes": [{ "name": "a" }, { "name": "a" }] }""", "classes")]
    [InlineData("""{ "classes": [{ "name": "a", "color": "red" }] }""", "color")]
    [InlineData("""{ "classes": [{ "name": "a", "asprs": 256 }] }""", "asprs")]
    [InlineData("""{ "channels": [{ "name": "x", "scale": 0 }] }""", "scale")]
    [InlineData("""{ "blockPoints": 0 }""", "blockPoints")]
    [InlineData("null", "object")]
    [InlineData("[]", "read")]
    [InlineData("", "read")]
    public void RefusesAndNames(string json, string expected)
    {
        InvalidNetworkDescriptionException fault = Assert.Throws<InvalidNetworkDescriptionException>(() => NetworkParameters.Parse(json, "d.json"));
        Assert.Equal("d.json", fault.Path);
        Assert.Contains(expected, fault.Problem);
    }

    [Fact]
    public void ReadsWhatItWrites()
    {
        NetworkParameters parameters = new()
        {
            Strides = [4],
            Radii = [[0.5f, 1]],
            Interpolation = Onnx.Networks.InterpolationWeight.InverseDistance,
            Channels = [new("red", "0 to 255", 0.5, -1, "red of the colour")],
            LogSoftmax = false,
        };
        string json = parameters.ToJson();
        Assert.Contains("\"inverseDistance\"", json);
        Assert.DoesNotContain("samples", json);
        NetworkParameters read = NetworkParameters.Parse(json, "d.json");
        Assert.Equal(json, read.ToJson());
        Assert.Equal(parameters.Channels[0], read.Channels![0]);
    }

    [Fact]
    public void MergesValueByValueButTakesTheWaysToSampleAsOne()
    {
        NetworkParameters strong = new() { Strides = [4], LogSoftmax = false };
        NetworkParameters weak = new() { Samples = [64], Radii = [[1]], LogSoftmax = true };
        NetworkParameters merged = strong.Merge(weak);
        Assert.Null(merged.Samples);
        Assert.Equal([4], merged.Strides!);
        Assert.Equal(false, merged.LogSoftmax);
        Assert.Equal([1f], merged.Radii![0]);
    }

    [Fact]
    public void EveryPresetIsReadable()
    {
        Assert.Equal(["modelnet10", "modelnet40", "s3dis", "s3dis-pointnext", "shapenet-part"], NetworkPreset.All.Select(preset => preset.Name));
        Assert.All(NetworkPreset.All, preset => Assert.NotEmpty(preset.About));
        Assert.Null(NetworkPreset.Find("s4dis"));
    }
}
