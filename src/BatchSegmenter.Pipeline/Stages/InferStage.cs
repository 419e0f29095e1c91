using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>Runs the network over groups of blocks. What fails here fails for every input, so it stops the run.</summary>
internal sealed class InferStage(StageMeter meter, SegmentationModel model, CancellationToken cancellation)
{
    public TransformBlock<BlockGroup, BlockGroup> Create(ExecutionDataflowBlockOptions options) => new(
        group =>
        {
            if (group.Count > 0) group.Tile.Cloud.Attempt(meter, () => Infer(group));
            return group;
        },
        options);

    private void Infer(BlockGroup group)
    {
        BlockTensors[] tensors = new BlockTensors[group.Count];
        for (int i = 0; i < tensors.Length; i++)
            tensors[i] = new BlockTensors(group.Blocks[i].Positions, group.Blocks[i].Features, group.Neighbourhoods[i]);
        group.Probabilities = new float[group.Blocks.Sum(block => block.Count) * model.ClassCount];
        try
        {
            using BlockBatch batch = new(tensors);
            model.RunProbabilities(batch, group.Probabilities, cancellation);
        }
        catch (OnnxRuntimeException fault)
        {
            throw new RunStoppedException($"{model.Bundle.Folder}: the network failed on {model.Provider}: {fault.Message}", fault);
        }
        finally
        {
            foreach (Neighbourhoods neighbourhoods in group.Neighbourhoods) neighbourhoods.Dispose();
        }
    }
}
