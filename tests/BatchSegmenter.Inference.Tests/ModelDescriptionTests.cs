namespace BatchSegmenter.Inference.Tests;

public sealed class ModelDescriptionTests
{
    private const string Json = """
        { "format": 1, "name": "aerial", "version": "1.0", "description": "For airborne surveys.",
          "architecture": { "type": "pointnet2", "features": 2, "classes": 2,
            "levels": [ { "ratio": 0.25, "scales": [ { "radius": 2.5, "neighbors": 8, "widths": [16] } ], "relativeByRadius": true } ],
            "propagation": [ { "widths": [16], "skip": true } ], "head": [], "dropout": 0 },
          "output": "logSoftmax", "neighbourhoods": "outside",
          "input": { "thinning": { "edge": 0.5, "height": 0.25 }, "block": { "points": 4096, "core": 2048 }, "unit": "spacing",
            "features": [ { "name": "intensity", "missing": "fill" }, { "name": "height", "missing": "fail" } ] },
          "classes": [ { "id": 0, "name": "ground", "color": "#a87832", "asprs": 2 },
                       { "id": 1, "name": "vegetation", "color": "#00ff00", "asprs": 5, "byHeight": [ { "below": 0.5, "asprs": 3 }, { "below": 2.0, "asprs": 4 }, { "asprs": 5 } ] } ],
          "trained": { "density": [0.1, 90] },
          "provenance": { "recipe": { "seed": 3, "anything": ["goes", null] } },
          "metrics": { "best": 1 } }
        """;

    [Fact]
    public void ReadsEveryKey()
    {
        ModelDescription model = ModelDescription.Parse(Json, "model.json");
        Assert.Equal(("aerial", "1.0"), (model.Name, model.Version));
        Assert.Equal(ScoreKind.LogSoftmax, model.Output);
        Assert.Equal(new ThinningDescription(0.5, 0.25), model.Input.Thinning);
        Assert.Equal(new BlockDescription(4096, 2048), model.Input.Block);
        Assert.Equal(BlockUnit.Spacing, model.Input.Unit);
        Assert.Equal(new FeatureDescription("height", MissingFeature.Fail), model.Input.Features[1]);
        Assert.Equal("#a87832", model.Classes[0].Color);
        Assert.Equal([0.1, 90], model.Trained!.Density);
        Assert.Equal(3, (int)model.Provenance!["recipe"]!["seed"]!);
    }

    [Fact]
    public void WritesWhatItReads()
    {
        string written = ModelDescription.Parse(Json, "model.json").ToJson();
        Assert.Equal(written, ModelDescription.Parse(written, "again").ToJson());
        Assert.Contains("\"logSoftmax\"", written);
        Assert.DoesNotContain('\r', written);
    }

    [Theory]
    [InlineData("\"format\": 1", "\"format\": 2", "format is 2; expected 1")]
    [InlineData("\"output\": \"logSoftmax\"", "\"output\": \"odds\"", "$.output")]
    [InlineData("\"output\": \"logSoftmax\"", "\"output\": 1", "$.output")]
    [InlineData("\"outside\"", "\"between\"", "neighbourhoods")]
    [InlineData("\"unit\": \"spacing\"", "\"unit\": \"foot\"", "$.input.unit")]
    [InlineData("\"unit\": \"spacing\"", "\"unit\": \"spacing\", \"halo\": 3", "halo")]
    [InlineData("\"features\": 2", "\"features\": 3", "input.features is a list of 2; expected 3, as architecture.features says")]
    [InlineData("\"classes\": 2", "\"classes\": 3", "classes is a list of 2; expected 3, as architecture.classes says")]
    [InlineData("\"classes\": 2", "\"classes\": 2, \"depth\": 1", "depth")]
    [InlineData("\"ratio\": 0.25", "\"ratio\": 0", "architecture.levels[0].ratio is 0")]
    [InlineData("\"name\": \"height\"", "\"name\": \"intensity\"", "input.features is 2 times \"intensity\"")]
    [InlineData("\"id\": 1", "\"id\": 2", "classes[1].id is 2; expected 1, its position")]
    [InlineData("#a87832", "brown", "classes[0].color is \"brown\"")]
    [InlineData("\"asprs\": 2 }", "\"asprs\": 256 }", "classes[0].asprs is 256")]
    [InlineData("{ \"below\": 2.0, \"asprs\": 4 }", "{ \"below\": 0.25, \"asprs\": 4 }", "classes[1].byHeight[1].below is 0.25; expected more than the one before")]
    [InlineData("{ \"below\": 2.0, \"asprs\": 4 }", "{ \"asprs\": 4 }", "classes[1].byHeight[1].below is absent")]
    [InlineData(", { \"asprs\": 5 } ]", " ]", "classes[1].byHeight[1].below is 2; expected none on the last entry")]
    [InlineData("\"core\": 2048", "\"core\": 5000", "input.block.core is 5000; expected 1 to block.points (4096)")]
    [InlineData("\"edge\": 0.5", "\"edge\": -1", "input.thinning.edge is -1")]
    [InlineData("[0.1, 90]", "[90, 0.1]", "trained.density is [90, 0.1]")]
    [InlineData("[0.1, 90]", "[1]", "trained.density is [1]")]
    [InlineData("\"version\": \"1.0\",", "", "version")]
    [InlineData("\"version\": \"1.0\"", "\"version\": null", "version")]
    [InlineData("\"version\": \"1.0\"", "\"version\": \"1.0\", \"version\": \"2.0\"", "version")]
    public void NamesTheKeyThatIsWrong(string found, string replacement, string message)
    {
        Assert.Contains(found, Json);
        InvalidModelBundleException fault = Assert.Throws<InvalidModelBundleException>(() => ModelDescription.Parse(Json.Replace(found, replacement), "model.json"));
        Assert.StartsWith("model.json: ", fault.Message);
        Assert.Contains(message, fault.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{ \"format\": 1")]
    public void RefusesOtherText(string text) => Assert.Throws<InvalidModelBundleException>(() => ModelDescription.Parse(text, "model.json"));
}
