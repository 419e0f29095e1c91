using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>Blocks to measure a network on, made by the very steps that a run takes: a simulated survey is thinned, measured and cut.</summary>
public static class SyntheticBlocks
{
    private const PointAttributes Needed = PointAttributes.Intensity | PointAttributes.ReturnNumber | PointAttributes.NumberOfReturns | PointVisibility.Attributes;

    /// <summary>Codes of noise, which a run hides from the network by default.</summary>
    private static readonly int[] Noise = [7, 18];

    private const long MostPoints = 10_000_000;

    /// <summary>
    /// Blocks of a simulated survey; where the network asks for channels that such a survey lacks (colour, or channels that nobody told the
    /// meaning of), made-up points instead, which are about as wide as the network's balls.
    /// </summary>
    /// <param name="model">Tells channels and the size of blocks.</param>
    /// <param name="blocks">How many, at least 1.</param>
    /// <param name="points">Points of each, at least 1; null for as many as the model says.</param>
    /// <param name="seed">Of the survey.</param>
    public static BenchmarkBlocks Of(ModelDescription model, int blocks, int? points, int seed)
    {
        int wanted = points ?? model.Input.Block.Points;
        if (!model.Input.Features.All(feature => BlockFeatures.Names.Contains(feature.Name) && !BlockFeatures.OfColor.Contains(feature.Name)))
            return BenchmarkBlocks.MadeUp(model.Architecture, blocks, wanted, seed);

        int core = Math.Max(1, (int)((long)wanted * model.Input.Block.Core / model.Input.Block.Points));
        InputDescription input = model.Input with { Block = new BlockDescription(wanted, core) };
        // Which share thinning leaves is not known before; a network whose voxels leave too little of any sensible survey gets made-up points.
        for (long size = Math.Max(20_000, 2L * blocks * wanted); size <= MostPoints; size *= 2)
        {
            List<RawBlock> found = Cut(input, model.Architecture, size, seed, blocks);
            if (found.Count == blocks) return new BenchmarkBlocks(FormattableString.Invariant($"a simulated survey of {size} points (seed {seed})"), found);
        }

        return BenchmarkBlocks.MadeUp(model.Architecture, blocks, wanted, seed);
    }

    private static List<RawBlock> Cut(InputDescription input, NetworkDescription network, long size, int seed, int blocks)
    {
        PointColumns survey = Survey(size, seed);
        using NormalizedTile tile = new BlockNormalizer(input, Environment.ProcessorCount).Normalize(survey, SurveySurface.Measure(survey));
        List<RawBlock> found = [];
        if (tile.Thinned.Count < input.Block.Points) return found;
        BlockPartitioner partitioner = new(input, tile.Thinned);
        List<int[]> cores = partitioner.Cores(Enumerable.Range(0, tile.Thinned.Count).ToArray());
        for (int i = 0; i < Math.Min(blocks, cores.Count); i++)
        {
            PointBlock block = partitioner.Around(i, cores[i]);
            found.Add(RawBlock.Of(network, block.Positions, block.Features));
        }

        return found;
    }

    private static PointColumns Survey(long size, int seed)
    {
        PointVisibility visibility = new(Noise);
        PointColumns survey = new((int)size, Needed);
        SurveyFrame frame = new(SurveyScanner.OriginX, SurveyScanner.OriginY, HorizontalUnit: 1, VerticalUnit: 1);
        foreach (PointColumns run in SyntheticSurvey.Generate(new SynthesisOptions { Points = size, Seed = (ulong)seed }))
        {
            frame.ToLocal(run, 0, run.Count);
            survey.Append(run, visibility.Visible(run));
        }

        return survey;
    }
}
