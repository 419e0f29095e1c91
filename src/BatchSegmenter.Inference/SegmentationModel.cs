using System.Buffers;
using BatchSegmenter.Inference.FusedLayers;
using BatchSegmenter.Inference.Sessions;
using BatchSegmenter.Onnx.Networks;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference;

/// <summary>
/// A network ready to run. One instance serves any number of threads at once, of which as many run at once as there are
/// <see cref="Sessions"/>; the others wait.
/// </summary>
public sealed class SegmentationModel : IDisposable
{
    private const int BlocksOnAccelerators = 16;
    private static readonly string[] OutputNames = [PointNet2Graph.Scores];

    private readonly SessionPool _pool;
    private readonly IReadOnlyList<SessionDevice> _devices;
    private readonly BatchBuckets? _buckets;

    private SegmentationModel(ModelBundle bundle, SegmentationModelOptions options)
    {
        Bundle = bundle;
        ThreadsPerRun = options.ThreadsPerRun;
        EngineDescription engines = Engines(bundle, options);
        SessionNetwork network = new(bundle.Network, options.IsFused);
        (InferenceSession first, Provider, IReadOnlyList<string> passedOver) = ExecutionProvider.Start(network, options, engines);
        bool isProcessor = Provider == ExecutionProvider.Cpu;
        BlocksPerBatch = !bundle.MayBatch ? 1 : options.BlocksPerBatch ?? (isProcessor ? 1 : BlocksOnAccelerators);
        if ((options.FillsBatches ?? !isProcessor) && bundle.Points is null) _buckets = new BatchBuckets(bundle.Description.PointNet2, BlocksPerBatch);
        RunsInHalfPrecision = options.HalfPrecision && Provider == ExecutionProvider.TensorRt;

        List<string> remarks = [.. passedOver];
        if (options.HalfPrecision && !RunsInHalfPrecision) remarks.Add($"half precision is not used: only {ExecutionProvider.TensorRt} computes a network in fp32 so; it runs on {Provider} in fp32");
        List<PooledSession> started = [new(first, new SessionDevice(Provider, isProcessor ? 0 : options.Devices[0]))];
        foreach (int device in isProcessor ? [] : options.Devices.Skip(1))
        {
            try
            {
                started.Add(new(ExecutionProvider.StartOn(Provider, device, network, options, engines), new SessionDevice(Provider, device)));
            }
            catch (Exception fault) when (ExecutionProvider.IsFailureToStart(fault))
            {
                remarks.Add($"{Provider} device {device} is not used: it failed to start ({ExecutionProvider.FirstLine(fault.Message)})");
            }
        }

        PassedOver = remarks;
        _devices = [.. started.Select(session => session.Device)];
        int each = options.Sessions ?? (isProcessor ? Math.Max(1, Environment.ProcessorCount / options.ThreadsPerRun) : 1);
        _pool = new SessionPool(started, Enumerable.Range(1, each - 1).SelectMany(_ => _devices).Select<SessionDevice, Func<PooledSession>>(
            device => () => new PooledSession(ExecutionProvider.StartOn(Provider, device.Number, network, options, engines), device)));
    }

    /// <summary>The version of ONNX Runtime.</summary>
    public static string RuntimeVersion => RuntimeLog.Runtime.GetVersionString();

    /// <summary>What was loaded.</summary>
    public ModelBundle Bundle { get; }

    /// <summary>The execution provider in use.</summary>
    public string Provider { get; }

    /// <summary>One line for each provider that was wished for before <see cref="Provider"/>, and each device, that could not be used, with the reason.</summary>
    public IReadOnlyList<string> PassedOver { get; }

    /// <summary>One line for each device whose memory did not suffice for a batch so far, with the numbers.</summary>
    public IReadOnlyList<string> Shortages => [.. _devices.Select(device => device.Shortage).OfType<string>()];

    /// <summary>Runs that go side by side at most: the sessions of all devices.</summary>
    public int Sessions => _pool.Size;

    /// <summary>The accelerators in use; the processor counts as one with number 0.</summary>
    public IReadOnlyList<int> Devices => [.. _devices.Select(device => device.Number)];

    /// <summary>Threads that one run uses on the processor.</summary>
    public int ThreadsPerRun { get; }

    /// <summary>Blocks that batches should have.</summary>
    public int BlocksPerBatch { get; }

    /// <summary>Whether the provider computes in half precision a network that is not.</summary>
    public bool RunsInHalfPrecision { get; }

    /// <summary>The number of classes scored, the columns of the scores.</summary>
    public int ClassCount => Bundle.Description.Architecture.Classes;

    /// <summary>Starts a session for a bundle.</summary>
    /// <param name="bundle">The model.</param>
    /// <param name="options">Providers and threads; null for the defaults.</param>
    /// <exception cref="InvalidModelBundleException">The runtime refuses the network.</exception>
    /// <exception cref="ArgumentException">A provider's name is unknown.</exception>
    public static SegmentationModel Load(ModelBundle bundle, SegmentationModelOptions? options = null)
    {
        try
        {
            return new SegmentationModel(bundle, options ?? new SegmentationModelOptions());
        }
        catch (OnnxRuntimeException fault)
        {
            throw new InvalidModelBundleException(Path.Combine(bundle.Folder, ModelBundle.NetworkFile), $"ONNX Runtime refuses the network: {fault.Message}", fault);
        }
    }

    /// <summary>Scores every point of a batch, as the network gives them.</summary>
    /// <param name="batch">Blocks for this network.</param>
    /// <param name="scores">Receives [<see cref="BlockBatch.Rows"/>, classes], row-major; its length is exactly that.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <exception cref="ArgumentException"><paramref name="scores"/> has the wrong length.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="OnnxRuntimeException">The tensors do not fit the network, or the device failed.</exception>
    public void Run(BlockBatch batch, Memory<float> scores, CancellationToken cancellation = default)
    {
        RequireRoom(batch.Rows, scores.Length);
        using SessionLease lease = _pool.Lease(cancellation);
        Run(lease.Session, batch, scores, cancellation);
    }

    /// <summary>Scores every point of blocks, in one run where the device has the memory, else in several.</summary>
    /// <param name="blocks">At least one, for this network; not more than <see cref="BlocksPerBatch"/> is best.</param>
    /// <param name="scores">Receives [points of all blocks, classes], row-major, or [blocks, classes] for classification; its length is exactly that.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <exception cref="ArgumentException">No blocks, blocks of different networks, or <paramref name="scores"/> has the wrong length.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="DeviceMemoryException">There is not even memory for one block.</exception>
    /// <exception cref="OnnxRuntimeException">The tensors do not fit the network, or the device failed.</exception>
    public void Run(IReadOnlyList<BlockTensors> blocks, Memory<float> scores, CancellationToken cancellation = default)
    {
        int rows = 0;
        for (int i = 0; i < blocks.Count; i++) rows += RowsOf(blocks[i]);
        RequireRoom(rows, scores.Length);
        using SessionLease lease = _pool.Lease(cancellation);
        PooledSession session = lease.Session;
        session.Device.Run(blocks.Count, (first, count) =>
        {
            int before = 0;
            for (int i = 0; i < first; i++) before += RowsOf(blocks[i]);
            using BlockBatch batch = new(count == blocks.Count ? blocks : [.. blocks.Skip(first).Take(count)], _buckets, session.Kept);
            Run(session, batch, scores.Slice(before * ClassCount, batch.Rows * ClassCount), cancellation);
        });
    }

    /// <summary>Scores a block; its neighbourhoods are computed where the network does not do that itself.</summary>
    /// <param name="block">Its channels are those of the network.</param>
    /// <param name="scores">Receives [points, classes], row-major, or [classes] for classification; its length is exactly that.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <exception cref="ArgumentException">The block or <paramref name="scores"/> has the wrong length.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="OnnxRuntimeException">The tensors do not fit the network, or the device failed.</exception>
    public void Run(RawBlock block, Memory<float> scores, CancellationToken cancellation = default)
    {
        if (Bundle.Points is not PointSignature signature)
        {
            BlockTensors tensors = block.WithNeighbourhoods(Bundle.Description.PointNet2);
            using Neighbourhoods neighbourhoods = tensors.Neighbourhoods;
            using BlockBatch single = new(tensors);
            Run(single, scores, cancellation);
            return;
        }

        using RawBatch batch = new(block, signature, Bundle.Description.Architecture);
        if (scores.Length != batch.ScoreCount)
            throw new ArgumentException($"The block has {batch.ScoreCount} scores, but there is room for {scores.Length}.", nameof(scores));
        using SessionLease lease = _pool.Lease(cancellation);
        using IDisposableReadOnlyCollection<OrtValue> outputs = lease.Session.Run(batch.Names, batch.Values, [signature.Scores], cancellation);
        batch.Take(outputs[0].GetTensorDataAsSpan<float>(), scores.Span);
    }

    /// <summary>Scores every point of blocks and turns the scores into probabilities, as the bundle declares them.</summary>
    /// <inheritdoc cref="Run(IReadOnlyList{BlockTensors}, Memory{float}, CancellationToken)"/>
    /// <param name="blocks">At least one, for this network.</param>
    /// <param name="probabilities">Receives [points of all blocks, classes], row-major; each row sums to 1.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <exception cref="InvalidScoresException">A score is not a number.</exception>
    public void RunProbabilities(IReadOnlyList<BlockTensors> blocks, Memory<float> probabilities, CancellationToken cancellation = default)
    {
        Run(blocks, probabilities, cancellation);
        ClassProbabilities.FromScores(Bundle.Description.Output, probabilities.Span, ClassCount);
    }

    /// <summary>Scores a block and turns the scores into probabilities.</summary>
    /// <inheritdoc cref="Run(RawBlock, Memory{float}, CancellationToken)"/>
    /// <param name="block">Its channels are those of the network.</param>
    /// <param name="probabilities">Receives [points, classes], row-major; each row sums to 1.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <exception cref="InvalidScoresException">A score is not a number.</exception>
    public void RunProbabilities(RawBlock block, Memory<float> probabilities, CancellationToken cancellation = default)
    {
        Run(block, probabilities, cancellation);
        ClassProbabilities.FromScores(Bundle.Description.Output, probabilities.Span, ClassCount);
    }

    /// <summary>The scores for tensors of any making, in the order in which the graph gives them.</summary>
    internal float[] RawScores(IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, string scores, CancellationToken cancellation)
    {
        using SessionLease lease = _pool.Lease(cancellation);
        using IDisposableReadOnlyCollection<OrtValue> outputs = lease.Session.Run(names, values, [scores], cancellation);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Ends the profile that <see cref="SegmentationModelOptions.ProfilePrefix"/> asked for, and tells its file: that of the first session.</summary>
    internal string EndProfile()
    {
        using SessionLease lease = _pool.Lease();
        return lease.Session.EndProfile();
    }

    /// <summary>The runtime writes where the caller reads; what a batch was filled up with is written elsewhere and dropped.</summary>
    private void Run(PooledSession session, BlockBatch batch, Memory<float> scores, CancellationToken cancellation)
    {
        if (batch.FilledRows == batch.Rows)
        {
            session.Run(batch.Names, batch.Values, OutputNames, scores, batch.Rows, cancellation);
            return;
        }

        int length = batch.FilledRows * ClassCount;
        float[] filled = ArrayPool<float>.Shared.Rent(length);
        try
        {
            session.Run(batch.Names, batch.Values, OutputNames, filled.AsMemory(0, length), batch.FilledRows, cancellation);
            filled.AsSpan(0, scores.Length).CopyTo(scores.Span);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(filled);
        }
    }

    private int RowsOf(BlockTensors block) => Bundle.Description.Architecture.Task == NetworkTask.Classification ? 1 : block.PointCount;

    private void RequireRoom(int rows, int length)
    {
        if (length != rows * ClassCount)
            throw new ArgumentException($"{rows} rows of {ClassCount} classes have {rows * ClassCount} scores, but there is room for {length}.", "scores");
    }

    private static EngineDescription Engines(ModelBundle bundle, SegmentationModelOptions options)
    {
        EngineDescription engines = new(bundle.Id, IsInHalves: bundle.Description.Precision == ModelPrecision.Fp16);
        if (bundle.Points is not null) return engines;
        int blocks = bundle.MayBatch ? options.BlocksPerBatch ?? BlocksOnAccelerators : 1;
        BatchBuckets buckets = new(bundle.Description.PointNet2, blocks);
        return engines with { LeastShapes = buckets.Shapes(1, 1), LargestShapes = buckets.Shapes(blocks, bundle.Description.Input.Block.Points) };
    }

    /// <summary>Ends the sessions.</summary>
    public void Dispose() => _pool.Dispose();
}
