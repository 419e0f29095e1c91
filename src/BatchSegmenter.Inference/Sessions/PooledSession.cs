using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Sessions;

/// <summary>A session that does one run at a time, so that all it needs for a run is kept for the next.</summary>
/// <param name="session">The runtime's session; disposed of with this.</param>
/// <param name="device">What it runs on.</param>
internal sealed class PooledSession(InferenceSession session, SessionDevice device) : IDisposable
{
    private readonly RunOptions _options = new();
    private readonly OrtValue[] _output = new OrtValue[1];
    private readonly long[] _shape = new long[2];

    public SessionDevice Device => device;

    /// <summary>Where batches for this session are stacked.</summary>
    public KeptTensors Kept { get; } = new();

    /// <summary>Runs the network; its only output goes where the caller reads.</summary>
    /// <param name="names">Names of the inputs.</param>
    /// <param name="values">Their values.</param>
    /// <param name="outputNames">The output's name.</param>
    /// <param name="scores">[<paramref name="rows"/>, columns]; its length is a multiple of <paramref name="rows"/>.</param>
    /// <param name="rows">Rows of the output.</param>
    /// <param name="cancellation">Ends the run early.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="OnnxRuntimeException">The tensors do not fit the network, or the device failed.</exception>
    public void Run(IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, IReadOnlyCollection<string> outputNames, Memory<float> scores, int rows, CancellationToken cancellation)
    {
        (_shape[0], _shape[1]) = (rows, scores.Length / rows);
        using OrtValue output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, scores, _shape);
        _output[0] = output;
        using Ending end = new(this, cancellation);
        try
        {
            session.Run(_options, names, values, outputNames, _output);
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Runs the network; the runtime makes the outputs.</summary>
    /// <inheritdoc cref="Run(IReadOnlyCollection{string}, IReadOnlyCollection{OrtValue}, IReadOnlyCollection{string}, Memory{float}, int, CancellationToken)"/>
    public IDisposableReadOnlyCollection<OrtValue> Run(IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values, IReadOnlyCollection<string> outputNames, CancellationToken cancellation)
    {
        using Ending end = new(this, cancellation);
        try
        {
            return session.Run(_options, names, values, outputNames);
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <summary>Ends the profile that was asked for, and tells its file.</summary>
    public string EndProfile() => session.EndProfiling();

    public void Dispose()
    {
        Kept.Dispose();
        _options.Dispose();
        session.Dispose();
    }

    /// <summary>Ends a run when it is cancelled, and leaves the session as it was.</summary>
    private readonly struct Ending : IDisposable
    {
        private readonly PooledSession _session;
        private readonly CancellationTokenRegistration _registration;

        public Ending(PooledSession session, CancellationToken cancellation)
        {
            ObjectDisposedException.ThrowIf(session._options.IsClosed, session); // the runtime would not survive it
            cancellation.ThrowIfCancellationRequested();
            _session = session;
            _registration = cancellation.UnsafeRegister(static state => ((RunOptions)state!).Terminate = true, session._options);
        }

        public void Dispose()
        {
            _registration.Dispose(); // waits for one that is under way
            _session._options.Terminate = false;
        }
    }
}
