using System.Text.Json.Nodes;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Pipeline.Training;

namespace BatchSegmenter.Pipeline.Tests.Training;

/// <summary>A recipe for the sample bundle and labelled surveys to go with it.</summary>
internal static class SampleTraining
{
    public static TrainingRecipe Recipe { get; } = Make([]);

    public static TrainingRecipe Make(Dictionary<string, double> ignoreVegetationBelow, Dictionary<string, double>? weights = null)
    {
        JsonObject bundle = JsonNode.Parse(SampleBundle.Description.ToJson())!.AsObject();
        bundle.Remove("architecture");
        return new TrainingRecipe
        {
            Bundle = bundle,
            Architecture = JsonNode.Parse(SampleBundle.Network.ToJson())!.AsObject(),
            Targets = new Dictionary<int, int> { [2] = 0, [5] = 1, [6] = 2 },
            IgnoreVegetationBelow = ignoreVegetationBelow,
            Weights = weights ?? [],
        };
    }

    public static TrainingSurvey Survey(string name, int count = 1500, int seed = 1)
    {
        PointColumns points = SampleSurvey.Points(count, seed, 100, 200);
        return new TrainingSurvey(name, points, count / (SampleSurvey.Edge * SampleSurvey.Edge));
    }

    public static TrainingBlocks Blocks(int seed = 1, int parallelism = 1, TrainingRecipe? recipe = null) =>
        new(recipe ?? Recipe, SampleBundle.Input, SampleBundle.Network, seed, parallelism);
}
