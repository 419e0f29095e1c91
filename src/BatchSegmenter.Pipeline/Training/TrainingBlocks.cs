using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Training;

/// <summary>One block with what it teaches.</summary>
/// <param name="File">Name of the survey.</param>
/// <param name="Block">Positions and features.</param>
/// <param name="Neighbourhoods">Index and weight tensors.</param>
/// <param name="Targets">Class id per point; −1 teaches nothing.</param>
/// <param name="Weights">Points of the survey behind each block point, or null where all count alike.</param>
public sealed record TrainingBlock(string File, PointBlock Block, Neighbourhoods Neighbourhoods, int[] Targets, float[]? Weights);

/// <summary>
/// Makes training and validation blocks from labelled surveys by the very steps that inference takes, so that the two cannot differ.
/// Every epoch sees each survey changed anew. One seed gives the same blocks, whatever the parallelism.
/// </summary>
public sealed class TrainingBlocks
{
    private const int IgnoredTarget = -1;
    private const double CoreShare = 0.4;

    private readonly TrainingRecipe _recipe;
    private readonly InputDescription _input;
    private readonly PointNet2Description _architecture;
    private readonly int _seed;
    private readonly int _parallelism;

    /// <param name="recipe">Targets and hidden codes.</param>
    /// <param name="input">Block sizes and features.</param>
    /// <param name="architecture">Levels, for the neighbourhoods.</param>
    /// <param name="seed">Seed of every choice.</param>
    /// <param name="parallelism">Most threads to use.</param>
    public TrainingBlocks(TrainingRecipe recipe, InputDescription input, PointNet2Description architecture, int seed, int parallelism)
    {
        (_recipe, _input, _architecture, _seed, _parallelism) = (recipe, input, architecture, seed, parallelism);
    }

    /// <summary>
    /// About <paramref name="count"/> blocks of changed surveys, shuffled. Surveys share them by the root of their size, so that large
    /// ones do not drown the small.
    /// </summary>
    public List<TrainingBlock> Epoch(IReadOnlyList<TrainingSurvey> surveys, int epoch, int count)
    {
        double[] shares = surveys.Select(s => Math.Sqrt(s.Points.Count) * _recipe.Weights.GetValueOrDefault(s.Name, 1)).ToArray();
        double total = shares.Sum();
        List<TrainingBlock>[] made = new List<TrainingBlock>[surveys.Count];
        Parallel.For(0, surveys.Count, new ParallelOptions { MaxDegreeOfParallelism = _parallelism }, s =>
        {
            Random random = new(HashCode(_seed, epoch, s));
            double wanted = count * shares[s] / total;
            made[s] = Changed(surveys[s], (int)(wanted + random.NextDouble()), random);
        });

        TrainingBlock[] blocks = [.. made.SelectMany(m => m)];
        new Random(HashCode(_seed, epoch, surveys.Count)).Shuffle(blocks);
        return [.. blocks];
    }

    /// <summary>All blocks of an unchanged survey, as inference cuts them; only core points have a target, so that each counts once.</summary>
    public IEnumerable<TrainingBlock> Whole(TrainingSurvey survey)
    {
        (NormalizedTile tile, BlockPartitioner partitioner) = Normalize(survey.Points);
        float[] behind = new float[tile.Thinned.Count];
        foreach (int thinned in tile.VoxelOf) behind[thinned]++;
        List<int[]> cores = partitioner.Cores(Enumerable.Range(0, tile.Thinned.Count).ToArray());
        for (int b = 0; b < cores.Count; b++)
        {
            PointBlock block = partitioner.Around(b, cores[b]);
            HashSet<int> core = [.. cores[b]];
            int[] targets = Targets(survey, survey.Points, tile.Thinned, block);
            for (int i = 0; i < targets.Length; i++)
                if (!core.Contains(block.ThinnedIndex[i])) targets[i] = IgnoredTarget;
            float[] weights = Array.ConvertAll(block.ThinnedIndex, i => behind[i]);
            yield return new TrainingBlock(survey.Name, block, Neighbourhoods.Compute(block.Positions, _architecture), targets, weights);
        }
    }

    private List<TrainingBlock> Changed(TrainingSurvey survey, int count, Random random)
    {
        List<TrainingBlock> blocks = [];
        if (count == 0) return blocks;
        PointColumns points = new SurveyAugmentation(random).Apply(survey.Points, _recipe.SparsestDensity, survey.Density);
        (NormalizedTile tile, BlockPartitioner partitioner) = Normalize(points);
        if (tile.Thinned.Count == 0) return blocks;
        GroundDoubt.Apply(tile.Thinned, random);
        int[][] byTarget = PointsByTarget(survey, points, tile.Thinned);
        for (int b = 0; b < count; b++)
        {
            int middle = random.Next(tile.Thinned.Count);
            if (byTarget.Length > 0 && random.Next(2) == 0)
            {
                int[] among = byTarget[random.Next(byTarget.Length)];
                middle = among[random.Next(among.Length)];
            }

            float reach = (float)(CoreShare * Math.Sqrt(_input.Block.Points) * tile.Thinned.Spacing[middle]);
            PointBlock block = partitioner.Around(b, middle, reach * random.NextSingle(), reach * random.NextSingle());
            int[] targets = Targets(survey, points, tile.Thinned, block);
            blocks.Add(new TrainingBlock(survey.Name, block, Neighbourhoods.Compute(block.Positions, _architecture), targets, null));
        }

        return blocks;
    }

    private (NormalizedTile Tile, BlockPartitioner Partitioner) Normalize(PointColumns points)
    {
        NormalizedTile tile = new BlockNormalizer(_input, 1).Normalize(points, SurveySurface.Measure(points));
        return (tile, new BlockPartitioner(_input, tile.Thinned));
    }

    private int[][] PointsByTarget(TrainingSurvey survey, PointColumns points, ThinnedPoints thinned) =>
        [.. Enumerable.Range(0, thinned.Count)
            .GroupBy(i => Target(survey, points, thinned, i))
            .Where(group => group.Key != IgnoredTarget)
            .OrderBy(group => group.Key)
            .Select(group => group.ToArray())];

    private int[] Targets(TrainingSurvey survey, PointColumns points, ThinnedPoints thinned, PointBlock block) =>
        Array.ConvertAll(block.ThinnedIndex, i => Target(survey, points, thinned, i));

    private int Target(TrainingSurvey survey, PointColumns points, ThinnedPoints thinned, int i)
    {
        int code = points.Classification![thinned.PointIndex[i]];
        if (!_recipe.Targets.TryGetValue(code, out int target)) return IgnoredTarget;
        bool vegetation = code is 3 or 4 or 5;
        return vegetation && thinned.HeightNear[i] < _recipe.IgnoreVegetationBelow.GetValueOrDefault(survey.Name, double.NegativeInfinity)
            ? IgnoredTarget
            : target;
    }

    /// <summary>A seed from three numbers. <see cref="System.HashCode"/> would differ from process to process.</summary>
    private static int HashCode(int seed, int epoch, int survey) => unchecked((seed * 0x01000193 + epoch) * 0x01000193 + survey * 0x9E3779B) & int.MaxValue;
}
