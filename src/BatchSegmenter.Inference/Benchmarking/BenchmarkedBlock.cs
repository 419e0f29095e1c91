using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>A block as the stages of a run get it: positions and features apart, with and without neighbourhoods.</summary>
internal sealed class BenchmarkedBlock : IDisposable
{
    private readonly BlockTensors _tensors;

    public BenchmarkedBlock(RawBlock block, PointNet2Description network)
    {
        (Raw, _tensors) = (block, block.WithNeighbourhoods(network));
        Network = network;
    }

    public RawBlock Raw { get; }

    private PointNet2Description Network { get; }

    /// <summary>What the network reads, computed before.</summary>
    public BlockTensors Tensors => _tensors;

    /// <summary>What the network reads, computed now; the caller disposes of the neighbourhoods.</summary>
    public BlockTensors Compute() => new(_tensors.Positions, _tensors.Features, ComputeNeighbourhoods(), _tensors.Category);

    /// <summary>The neighbourhoods alone.</summary>
    public Neighbourhoods ComputeNeighbourhoods() => Neighbourhoods.Compute(_tensors.Positions.Span, Network);

    public void Dispose() => _tensors.Neighbourhoods.Dispose();
}
