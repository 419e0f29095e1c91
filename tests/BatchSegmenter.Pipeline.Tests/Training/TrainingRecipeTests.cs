using System.Text.Json;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Training;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests.Training;

public sealed class TrainingRecipeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_recipe_that_is_shipped_can_be_read()
    {
        string path = Path.Combine(SharedFiles.Repository, "pipelines", "aerial.recipe.json");
        TrainingRecipe recipe = TrainingRecipe.Load(path);
        ModelDescription model = recipe.Model(path);

        Assert.Equal(["ground", "vegetation", "building"], model.Classes.Select(c => c.Name));
        Assert.All(recipe.Targets.Values, target => Assert.InRange(target, 0, 2));
        Assert.All(model.Input.Features, feature => Assert.Contains(feature.Name, BlockFeatures.Names));
    }

    [Fact]
    public void A_key_that_is_unknown_is_named()
    {
        string path = _folder.Write("r.json", """{ "bundle": {}, "architecture": {}, "targets": {}, "sparsestDensty": 1 }""");
        Assert.Contains("sparsestDensty", Assert.Throws<JsonException>(() => TrainingRecipe.Load(path)).Message);
    }

    [Fact]
    public void A_bundle_that_does_not_fit_its_architecture_is_refused()
    {
        TrainingRecipe recipe = SampleTraining.Make([]);
        recipe.Bundle["classes"]!.AsArray().RemoveAt(2);
        Assert.Contains("recipe.json", Assert.Throws<InvalidModelBundleException>(() => recipe.Model("recipe.json")).Message);
    }
}
