using System.Text.Json.Nodes;

namespace BatchSegmenter.Inference.Tests;

public sealed class ModelCardTests
{
    [Fact]
    public void TellsClassesInputNetworkAndTraining()
    {
        ModelDescription model = SampleModels.Description();
        model = model with
        {
            Classes = [model.Classes[0], model.Classes[1] with { ByHeight = [new() { Below = 0.5, Asprs = 3 }, new() { Asprs = 5 }] }, model.Classes[2] with { Asprs = null }],
            Provenance = new JsonObject { ["recipe"] = new JsonObject { ["command"] = "fit", ["seed"] = 3, ["train"] = new JsonArray("a.laz", "b.laz") } },
            Metrics = new JsonObject { ["accuracy"] = 0.9 },
        };

        string card = ModelCard.Write(model, 1234);

        Assert.StartsWith("# sample 1.0\n\nAn untrained network for tests.\n", card);
        Assert.Contains("| 0 | class0 | 2 |\n| 1 | class1 | 3 below 0.5 m, 5 above (height above ground) |\n| 2 | class2 | none, labelled 2 |\n", card);
        Assert.Contains("| feature3 | filled |", card);
        Assert.Contains("1,234 parameters", card);
        Assert.Contains("| 1 | 25% of the level before | 2.5, 8, 8-12; 5, 16, 6 |\n| 2 | 16 | 10, 8, 16-16-24 |", card);
        Assert.Contains("- recipe:\n  - command: fit\n  - seed: 3\n  - train: a.laz, b.laz\n", card);
        Assert.Contains("- accuracy: 0.9\n", card);
        Assert.DoesNotContain("\n\n\n", card);
    }
}
