using BatchSegmenter.Pipeline.Training;

namespace BatchSegmenter.Pipeline.Tests.Training;

public sealed class TrainingBlocksTests
{
    private static readonly TrainingSurvey[] Surveys = [SampleTraining.Survey("a"), SampleTraining.Survey("b", 1200, 2)];

    [Fact]
    public void One_seed_gives_the_same_blocks_whatever_the_parallelism()
    {
        List<TrainingBlock> one = SampleTraining.Blocks(7, 1).Epoch(Surveys, 3, 8), four = SampleTraining.Blocks(7, 4).Epoch(Surveys, 3, 8);

        Assert.Equal(one.Select(Text), four.Select(Text));
        Assert.InRange(one.Count, 7, 9);
    }

    [Fact]
    public void Epochs_and_seeds_differ()
    {
        string[] texts = [.. SampleTraining.Blocks(7).Epoch(Surveys, 0, 4).Concat(SampleTraining.Blocks(7).Epoch(Surveys, 1, 4)).Concat(SampleTraining.Blocks(8).Epoch(Surveys, 0, 4)).Select(Text)];

        Assert.Equal(texts.Length, texts.Distinct().Count());
    }

    [Fact]
    public void Surveys_share_an_epoch_by_the_root_of_their_size_and_their_weight()
    {
        TrainingSurvey[] surveys = [SampleTraining.Survey("small", 500), SampleTraining.Survey("large", 4500)];
        TrainingRecipe recipe = SampleTraining.Make([], new Dictionary<string, double> { ["small"] = 3 });

        Assert.InRange(SampleTraining.Blocks().Epoch(surveys, 0, 12).Count(block => block.File == "small"), 3, 4);
        Assert.InRange(SampleTraining.Blocks(recipe: recipe).Epoch(surveys, 0, 12).Count(block => block.File == "small"), 6, 7);
    }

    [Fact]
    public void Validation_counts_every_point_once()
    {
        List<TrainingBlock> blocks = [.. SampleTraining.Blocks().Whole(Surveys[0])];

        double points = blocks.Sum(block => block.Targets.Zip(block.Weights!).Sum(pair => pair.First < 0 ? 0 : pair.Second));
        int[] counted = [.. blocks.SelectMany(block => block.Block.ThinnedIndex.Where((_, i) => block.Targets[i] >= 0))];
        Assert.Equal(Surveys[0].Points.Count, points);
        Assert.Equal(counted.Length, counted.Distinct().Count());
        Assert.True(blocks.Count > 2);
        Assert.Equal([0, 1, 2], blocks.SelectMany(block => block.Targets).Where(target => target >= 0).Distinct().Order());
    }

    [Fact]
    public void Validation_is_the_same_whatever_the_seed() =>
        Assert.Equal(SampleTraining.Blocks(1).Whole(Surveys[1]).Select(Text), SampleTraining.Blocks(2, 4).Whole(Surveys[1]).Select(Text));

    [Fact]
    public void Codes_without_a_target_teach_nothing()
    {
        TrainingSurvey water = SampleTraining.Survey("water");
        water.Points.Classification.AsSpan().Fill(9);

        Assert.All(SampleTraining.Blocks().Whole(water).SelectMany(block => block.Targets), target => Assert.Equal(-1, target));
        Assert.All(SampleTraining.Blocks().Epoch([water], 0, 3).SelectMany(block => block.Targets), target => Assert.Equal(-1, target));
    }

    [Fact]
    public void Low_vegetation_of_a_survey_with_doubtful_labels_teaches_nothing()
    {
        TrainingRecipe recipe = SampleTraining.Make(new Dictionary<string, double> { ["a"] = 2 });

        int Vegetation(TrainingBlocks blocks, int survey) => blocks.Whole(Surveys[survey]).Sum(block => block.Targets.Count(target => target == 1));
        Assert.InRange(Vegetation(SampleTraining.Blocks(recipe: recipe), 0), 1, Vegetation(SampleTraining.Blocks(), 0) - 1);
        Assert.Equal(Vegetation(SampleTraining.Blocks(), 1), Vegetation(SampleTraining.Blocks(recipe: recipe), 1));
    }

    private static string Text(TrainingBlock block) => string.Join(
        ' ', block.File, string.Join(',', block.Block.Positions), string.Join(',', block.Block.Features), string.Join(',', block.Targets),
        string.Join(',', block.Neighbourhoods.Samples(1).ToArray()), string.Join(',', block.Neighbourhoods.Neighbors(2, 0).ToArray()));
}
