using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.OutOfCore;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>Runs the network over groups of blocks. What fails here fails for every input, so it stops the run.</summary>
internal sealed class InferStage(StageMeter meter, SegmentationModel model, MemoryBudget budget)
{
    public TransformBlock<BlockGroup, BlockGroup> Create(ExecutionDataflowBlockOptions options) => new(
        group =>
        {
            if (group.Count > 0) group.Tile.Cloud.Attempt(meter, () => Infer(group));
            budget.Trim();
            return group;
        },
        options);

    private void Infer(BlockGroup group)
    {
        Memory<float> probabilities = group.RentProbabilities(model.ClassCount);
        try
        {
            if (model.Bundle.Description.Neighbourhoods == NeighbourhoodPlace.Inside) InferPoints(group, probabilities);
            else InferNeighbourhoods(group, probabilities);
        }
        catch (Exception fault) when (fault is OnnxRuntimeException or DeviceMemoryException)
        {
            throw new RunStoppedException($"{model.Bundle.Folder}: the network failed on {model.Provider}: {fault.Message}", fault);
        }
        finally
        {
            foreach (Neighbourhoods? neighbourhoods in group.Neighbourhoods) neighbourhoods?.Dispose();
        }
    }

    private void InferNeighbourhoods(BlockGroup group, Memory<float> probabilities)
    {
        BlockTensors[] tensors = new BlockTensors[group.Count];
        for (int i = 0; i < tensors.Length; i++)
            tensors[i] = new BlockTensors(group.Blocks[i].Positions, group.Blocks[i].Features, group.Neighbourhoods[i]!);
        model.RunProbabilities(tensors, probabilities, group.Tile.Cloud.Cancellation);
    }

    private void InferPoints(BlockGroup group, Memory<float> probabilities)
    {
        int at = 0;
        foreach (PointBlock block in group.Blocks)
        {
            RawBlock points = RawBlock.Of(model.Bundle.Description.Architecture, block.Positions, block.Features);
            model.RunProbabilities(points, probabilities.Slice(at, block.Count * model.ClassCount), group.Tile.Cloud.Cancellation);
            at += block.Count * model.ClassCount;
        }
    }
}
