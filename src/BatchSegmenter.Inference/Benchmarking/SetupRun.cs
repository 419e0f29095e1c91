using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>The sessions of one setup, and one run of each stage for a worker, who has a session of its own.</summary>
internal sealed class SetupRun : IDisposable
{
    private readonly SegmentationModel[] _models;
    private readonly float[][] _scores;
    private readonly IReadOnlyList<BenchmarkedBlock>? _blocks;
    private readonly IReadOnlyList<RawBlock> _raw;
    private readonly int _batch;

    /// <param name="bundle">The network.</param>
    /// <param name="setup">How it is run.</param>
    /// <param name="raw">The blocks.</param>
    /// <param name="blocks">The same with neighbourhoods; null where the network computes them itself.</param>
    public SetupRun(ModelBundle bundle, InferenceSetup setup, IReadOnlyList<RawBlock> raw, IReadOnlyList<BenchmarkedBlock>? blocks)
    {
        (_raw, _blocks, _batch) = (raw, blocks, setup.BlocksPerBatch);
        _models = [.. Enumerable.Range(0, setup.Sessions).Select(_ => SegmentationModel.Load(bundle, OptionsOf(setup)))];
        int rows = bundle.Description.Architecture.Task == NetworkTask.Classification ? 1 : raw.Max(block => block.Count);
        _scores = [.. _models.Select(_ => new float[_batch * rows * bundle.Description.Architecture.Classes])];
    }

    public static SegmentationModelOptions OptionsOf(InferenceSetup setup) =>
        new() { Providers = [setup.Provider], ThreadsPerRun = setup.Threads, BlocksPerBatch = setup.BlocksPerBatch };

    public void Neighbourhoods(int worker, int number)
    {
        for (int i = 0; i < _batch; i++) _blocks![At(worker, number, i)].ComputeNeighbourhoods().Dispose();
    }

    public void Network(int worker, int number) => Network(_models[worker], worker, number);

    /// <summary>One run of another session, such as one that writes a profile.</summary>
    public void Network(SegmentationModel model, int worker, int number)
    {
        if (_blocks is null)
        {
            for (int i = 0; i < _batch; i++) RunPoints(model, worker, _raw[At(worker, number, i)]);
            return;
        }

        RunBatch(model, worker, Tensors(worker, number));
    }

    /// <summary>What such a run passes through layers; null where the network groups points itself.</summary>
    public ExecutedRows? RowsOf(int worker, int number) => _blocks is null ? null : new ExecutedRows(Tensors(worker, number));

    public void Together(int worker, int number)
    {
        if (_blocks is null)
        {
            Network(worker, number);
            return;
        }

        BlockTensors[] tensors = new BlockTensors[_batch];
        for (int i = 0; i < _batch; i++) tensors[i] = _blocks[At(worker, number, i)].Compute();
        RunBatch(_models[worker], worker, tensors);
        foreach (BlockTensors block in tensors) block.Neighbourhoods.Dispose();
    }

    public void Dispose()
    {
        foreach (SegmentationModel model in _models) model.Dispose();
    }

    private BlockTensors[] Tensors(int worker, int number)
    {
        BlockTensors[] tensors = new BlockTensors[_batch];
        for (int i = 0; i < _batch; i++) tensors[i] = _blocks![At(worker, number, i)].Tensors;
        return tensors;
    }

    /// <summary>Workers begin at different blocks, so that they do not share what the processor keeps of one.</summary>
    private int At(int worker, int number, int i) => (int)(((long)(number + worker) * _batch + i) % _raw.Count);

    private void RunBatch(SegmentationModel model, int worker, BlockTensors[] tensors)
    {
        int rows = model.Bundle.Description.Architecture.Task == NetworkTask.Classification ? tensors.Length : tensors.Sum(block => block.PointCount);
        model.Run(tensors, _scores[worker].AsMemory(0, rows * model.ClassCount));
    }

    private void RunPoints(SegmentationModel model, int worker, RawBlock block)
    {
        int rows = model.Bundle.Description.Architecture.Task == NetworkTask.Classification ? 1 : block.Count;
        model.Run(block, _scores[worker].AsMemory(0, rows * model.ClassCount));
    }
}
