using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>
/// One input on its way through the stages. A fault in any stage marks it; the stages after that let its pieces pass untouched, so that
/// the last one still learns when the input is over, and the inputs around it are not disturbed.
/// </summary>
internal sealed class CloudWork(SegmentationInput input, int ordinal)
{
    private StageFaultException? _fault;

    public SegmentationInput Input { get; } = input;

    /// <summary>Position among the run's inputs.</summary>
    public int Ordinal { get; } = ordinal;

    /// <summary>When the first byte was asked for, in stopwatch ticks.</summary>
    public long Started { get; set; }

    public PointCloudHeader? Header { get; set; }

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

    /// <summary>What went wrong first, or null.</summary>
    public StageFaultException? Fault => Volatile.Read(ref _fault);

    /// <summary>
    /// Does a piece of work unless the input has already failed. What it throws becomes the input's fault, except what stops the run:
    /// cancellation and <see cref="RunStoppedException"/>.
    /// </summary>
    public void Attempt(StageMeter meter, Action work)
    {
        if (Fault is not null) return;
        try
        {
            meter.Measure(work);
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or RunStoppedException))
        {
            Fail(meter, fault);
        }
    }

    /// <inheritdoc cref="Attempt"/>
    public async Task AttemptAsync(StageMeter meter, Func<Task> work)
    {
        if (Fault is not null) return;
        try
        {
            await meter.MeasureAsync(work);
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or RunStoppedException))
        {
            Fail(meter, fault);
        }
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
    public bool IsBadInput => InnerException is PointCloudException or IOException or UnauthorizedAccessException or InputRefusedException;
}

/// <summary>An input that is readable, but cannot be labelled: geographic coordinates, a code that its point format cannot hold.</summary>
public sealed class InputRefusedException(string message) : Exception(message);

/// <summary>The run cannot go on: outputs cannot be written, or the model fails. Exit code 3.</summary>
public sealed class RunStoppedException(string message, Exception cause) : Exception(message, cause);
