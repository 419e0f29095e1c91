using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>A few real blocks of surveys, cut and measured as a run does it with a survey that fits one tile.</summary>
public static class SurveyBlocks
{
    /// <summary>Takes blocks that are spread evenly over each survey. One survey at a time is in memory.</summary>
    /// <param name="inputs">The surveys, at least one.</param>
    /// <param name="model">What blocks are for; its network takes neighbourhoods.</param>
    /// <param name="count">Blocks of all surveys together, at least 1; fewer where surveys have no more.</param>
    /// <exception cref="PointCloudException">A survey can't be read.</exception>
    /// <exception cref="IOException">A survey can't be read.</exception>
    public static List<BlockTensors> Take(IReadOnlyList<SegmentationInput> inputs, ModelDescription model, int count)
    {
        List<BlockTensors> blocks = [];
        for (int i = 0; i < inputs.Count; i++)
        {
            // What small surveys leave over is shared by those that follow.
            int share = (count - blocks.Count + inputs.Count - i - 1) / (inputs.Count - i);
            blocks.AddRange(Of(inputs[i], model, share));
        }
        return blocks;
    }

    private static IEnumerable<BlockTensors> Of(SegmentationInput input, ModelDescription model, int count)
    {
        PointColumns points = Visible(input, model.Input);
        if (points.Count == 0) yield break;
        NormalizedTile tile = new BlockNormalizer(model.Input, 1).Normalize(points, SurveySurface.Measure(points));
        BlockPartitioner partitioner = new(model.Input, tile.Thinned);
        List<int[]> cores = partitioner.Cores([.. Enumerable.Range(0, tile.Thinned.Count)]);
        int taken = Math.Min(count, cores.Count);
        for (int i = 0; i < taken; i++)
        {
            int index = (int)((long)i * cores.Count / taken);
            PointBlock block = partitioner.Around(index, cores[index]);
            yield return new BlockTensors(block.Positions, block.Features, Neighbourhoods.Compute(block.Positions, model.PointNet2));
        }
    }

    private static PointColumns Visible(SegmentationInput input, InputDescription description)
    {
        PointAttributes needed = ReadStage.Needed(description);
        using PointCloudReader reader = input.Open(new PointReadOptions());
        PointColumns all = new(checked((int)reader.Header.PointCount), needed);
        while (reader.Read(all, 1 << 20) > 0) { }
        SurveyFrame.Around(all, reader.Header.Crs).ToLocal(all, 0, all.Count);
        ClassOptions classes = new();
        int[] visible = new PointVisibility(classes.Exclude, classes.ExcludeWithheld).Visible(all);
        PointColumns points = new(visible.Length, needed);
        points.Append(all, visible);
        return points;
    }
}
