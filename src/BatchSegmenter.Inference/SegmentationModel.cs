using BatchSegmenter.Onnx.Networks;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference;

/// <summary>
/// A network ready to run. One instance serves any number of threads at once: the runtime shares the weights between
/// concurrent runs, so on the processor no pool of sessions is needed.
/// </summary>
public sealed class SegmentationModel : IDisposable
{
    private static readonly string[] OutputNames = [PointNet2Graph.Scores];

    private readonly InferenceSession _session;

    private SegmentationModel(ModelBundle bundle, InferenceSession session, string provider, IReadOnlyList<string> passedOver)
    {
        Bundle = bundle;
        Provider = provider;
        PassedOver = passedOver;
        _session = session;
    }

    /// <summary>The version of ONNX Runtime.</summary>
    public static string RuntimeVersion => RuntimeLog.Runtime.GetVersionString();

    /// <summary>What was loaded.</summary>
    public ModelBundle Bundle { get; }

    /// <summary>The execution provider in use.</summary>
    public string Provider { get; }

    /// <summary>One line for each provider that was wished for before <see cref="Provider"/> and could not be used, with the reason.</summary>
    public IReadOnlyList<string> PassedOver { get; }

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
            (InferenceSession session, string provider, IReadOnlyList<string> passedOver) = ExecutionProvider.Start(bundle.Network, options ?? new SegmentationModelOptions(), bundle.Id);
            return new SegmentationModel(bundle, session, provider, passedOver);
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
        if (scores.Length != batch.Rows * ClassCount)
            throw new ArgumentException($"{batch.Rows} rows of {ClassCount} classes have {batch.Rows * ClassCount} scores, but there is room for {scores.Length}.", nameof(scores));
        // The runtime writes where the caller reads: nothing is allocated or copied.
        using OrtValue output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, scores, [batch.Rows, ClassCount]);
        OrtValue[] outputs = [output];
        Run(
            options =>
            {
                _session.Run(options, batch.Names, batch.Values, OutputNames, outputs);
                return outputs;
            },
            cancellation);
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
        using IDisposableReadOnlyCollection<OrtValue> outputs = Run(batch.Names, batch.Values, [signature.Scores], cancellation);
        batch.Take(outputs[0].GetTensorDataAsSpan<float>(), scores.Span);
    }

    /// <summary>Scores every point of a batch and turns the scores into probabilities, as the bundle declares them.</summary>
    /// <inheritdoc cref="Run(BlockBatch, Memory{float}, CancellationToken)"/>
    /// <param name="batch">Blocks for this network.</param>
    /// <param name="probabilities">Receives [points, classes], row-major; each row sums to 1.</param>
    /// <param name="cancellation">Ends the run early.</param>
    public void RunProbabilities(BlockBatch batch, Memory<float> probabilities, CancellationToken cancellation = default)
    {
        Run(batch, probabilities, cancellation);
        ClassProbabilities.FromScores(Bundle.Description.Output, probabilities.Span, ClassCount);
    }

    /// <summary>Scores a block and turns the scores into probabilities.</summary>
    /// <inheritdoc cref="Run(RawBlock, Memory{float}, CancellationToken)"/>
    /// <param name="block">Its channels are those of the network.</param>
    /// <param name="probabilities">Receives [points, classes], row-major; each row sums to 1.</param>
    /// <param name="cancellation">Ends the run early.</param>
    public void RunProbabilities(RawBlock block, Memory<float> probabilities, CancellationToken cancellation = default)
    {
        Run(block, probabilities, cancellation);
        ClassProbabilities.FromScores(Bundle.Description.Output, probabilities.Span, ClassCount);
    }

    /// <summary>The scores for tensors of any making, in the order in which the graph gives them.</summary>
    internal float[] RawScores(IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, string scores, CancellationToken cancellation)
    {
        using IDisposableReadOnlyCollection<OrtValue> outputs = Run(names, values, [scores], cancellation);
        return outputs[0].GetTensorDataAsSpan<float>().ToArray();
    }

    /// <summary>Ends the profile that <see cref="SegmentationModelOptions.ProfilePrefix"/> asked for, and tells its file.</summary>
    internal string EndProfile() => _session.EndProfiling();

    private IDisposableReadOnlyCollection<OrtValue> Run(
        IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, IReadOnlyCollection<string> outputs, CancellationToken cancellation) =>
        Run(options => _session.Run(options, names, values, outputs), cancellation);

    private static T Run<T>(Func<RunOptions, T> work, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using RunOptions run = new();
        using CancellationTokenRegistration registration = cancellation.Register(static state => ((RunOptions)state!).Terminate = true, run);
        try
        {
            return work(run);
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Ends the session.</summary>
    public void Dispose() => _session.Dispose();
}
