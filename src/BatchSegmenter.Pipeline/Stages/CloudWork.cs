using System.Diagnostics;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// One input on its way through the stages. A fault in any stage marks it; the stages after that let its pieces pass untouched, so that
/// the last one still learns when the input is over, and the inputs around it are not disturbed.
/// </summary>
internal sealed class CloudWork : IDisposable
{
    private readonly TaskCompletionSource<InputOutcome> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationToken _run;
    private readonly CancellationTokenSource _end;
    private StageFaultException? _fault;
    private string _lastStage = "";
    private long _lastProgress;
    private int _busy;

    public CloudWork(SegmentationInput input, int ordinal, CancellationToken run = default)
    {
        (Input, Ordinal, _run) = (input, ordinal, run);
        _end = CancellationTokenSource.CreateLinkedTokenSource(run);
        Cancellation = _end.Token;
    }

    public SegmentationInput Input { get; }

    /// <summary>Position among the run's inputs.</summary>
    public int Ordinal { get; }

    /// <summary>When the first byte was asked for, in stopwatch ticks.</summary>
    public long Started { get; set; }

    public PointCloudHeader? Header { get; set; }

    /// <summary>Where files give each other halos, what lies around this one. Set by the read stage; null where each stands alone.</summary>
    public Surroundings? Around { get; set; }

    /// <summary>Points that memory is reserved for: its own, and those of its neighbours that are expected within the margin.</summary>
    public long RoomFor => Header!.PointCount + (Around?.RoomFor ?? 0);

    /// <summary>Whether a neighbour could not be read that may be readable the next time: the outputs are then not the last word.</summary>
    public bool MissesNeighbour { get; set; }

    /// <summary>What could not be decoded and was skipped; filled by the read stage.</summary>
    public IReadOnlyList<PointLoss> Losses { get; set; } = [];

    /// <summary>Bytes of the file per point that the network sees, for the progress. Set by the partition stage.</summary>
    public double BytesPerPoint { get; set; }

    /// <summary>Set by the partition stage.</summary>
    public SurveySurface? Surface { get; set; }

    /// <summary>Set by the partition stage, filled by the vote stage, written by the write stage.</summary>
    public CloudLabels? Labels { get; set; }

    /// <summary>What the input may hold of the memory budget until it is written. Set by the read stage.</summary>
    public ByteGate.HeldBytes? Held { get; set; }

    /// <summary>How the input ended; whoever waits goes on elsewhere, not within the stage.</summary>
    public Task<InputOutcome> Over => _over.Task;

    /// <summary>Ends long work on this input: the run is over, or the input was given up.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Whether a stage works on it right now.</summary>
    public bool IsBusy => Volatile.Read(ref _busy) > 0;

    /// <summary>What went wrong first, or null.</summary>
    public StageFaultException? Fault => Volatile.Read(ref _fault);

    /// <summary>
    /// Does a piece of work unless the input has already failed. What it throws becomes the input's fault, except what stops the run:
    /// cancellation and <see cref="RunStoppedException"/>.
    /// </summary>
    public void Attempt(StageMeter meter, Action work)
    {
        if (Fault is not null) return;
        Begin(meter);
        try
        {
            meter.Measure(work);
        }
        catch (OperationCanceledException) when (WasGivenUp)
        {
            // Its fault stands already.
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or RunStoppedException))
        {
            Fail(meter, fault);
        }
        finally
        {
            End();
        }
    }

    /// <inheritdoc cref="Attempt"/>
    public async Task AttemptAsync(StageMeter meter, Func<Task> work)
    {
        if (Fault is not null) return;
        Begin(meter);
        try
        {
            await meter.MeasureAsync(work);
        }
        catch (OperationCanceledException) when (WasGivenUp)
        {
            // Its fault stands already.
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or RunStoppedException))
        {
            Fail(meter, fault);
        }
        finally
        {
            End();
        }
    }

    /// <summary>Tells that the work on it goes on.</summary>
    public void Progressed() => Volatile.Write(ref _lastProgress, Stopwatch.GetTimestamp());

    /// <summary>Time since the last progress while a stage works on it; zero while it waits.</summary>
    public TimeSpan StalledFor() => IsBusy ? Stopwatch.GetElapsedTime(Volatile.Read(ref _lastProgress)) : TimeSpan.Zero;

    /// <summary>Marks it as failed for want of progress and asks the work to end.</summary>
    public void GiveUp(TimeSpan timeout)
    {
        TimeoutException fault = new($"no progress for {timeout.TotalSeconds:0} s (faults.timeout)");
        Interlocked.CompareExchange(ref _fault, new StageFaultException(_lastStage, fault), null);
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended at the same moment.
        }
    }

    /// <summary>Tells whoever waits how it ended.</summary>
    public void Finish(InputOutcome outcome) => _over.TrySetResult(outcome);

    /// <summary>Ends its connection to the run, once no stage works on it.</summary>
    public void Dispose() => _end.Dispose();

    private bool WasGivenUp => Fault?.InnerException is TimeoutException && !_run.IsCancellationRequested;

    private void Begin(StageMeter meter)
    {
        _lastStage = meter.Name;
        Progressed();
        Interlocked.Increment(ref _busy);
    }

    private void End()
    {
        Progressed();
        Interlocked.Decrement(ref _busy);
    }

    private void Fail(StageMeter meter, Exception fault) =>
        Interlocked.CompareExchange(ref _fault, new StageFaultException(meter.Name, fault), null);
}

/// <summary>A fault in one input, with the stage where it happened.</summary>
public sealed class StageFaultException(string stage, Exception cause) : Exception(cause.Message, cause)
{
    /// <summary>The stage's name.</summary>
    public string Stage { get; } = stage;

    /// <summary>
    /// Whether the input is to blame. Anything else is a fault of this program or its surroundings and is reported with its stack trace.
    /// </summary>
    public bool IsBadInput => InnerException is PointCloudException or IOException or UnauthorizedAccessException or InputRefusedException or TimeoutException;

    /// <summary>Whether it may pass by itself, so that another attempt makes sense.</summary>
    public bool IsTransient => InnerException is (IOException or TimeoutException or OutOfMemoryException) and not ObjectChangedException;
}

/// <summary>An input that is readable, but cannot be labelled: geographic coordinates, a code that its point format cannot hold.</summary>
public sealed class InputRefusedException(string message) : Exception(message);

/// <summary>The run cannot go on: outputs cannot be written, or the model fails. Exit code 3.</summary>
public sealed class RunStoppedException(string message, Exception cause) : Exception(message, cause);
