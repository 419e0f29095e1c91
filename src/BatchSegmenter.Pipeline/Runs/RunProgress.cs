using System.Collections.Concurrent;
using System.Diagnostics;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// How far a run has come. Written by the stages, read at any time by whoever shows it; at the end, or where the run stopped,
/// <see cref="Outcome"/> tells the whole.
/// </summary>
public sealed class RunProgress
{
    private readonly IReadOnlyList<SegmentationInput> _inputs;
    private readonly ConcurrentDictionary<int, InputOutcome> _outcomes = [];
    private readonly ConcurrentBag<(int Ordinal, string Text)> _warnings = [];
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly long _bytes;
    private Func<long> _bytesInFlight = () => 0;
    private int _failed;
    private long _points;
    private long _doneBytes;

    /// <summary>Begins to count the seconds of a run over <paramref name="inputs"/>.</summary>
    public RunProgress(IReadOnlyList<SegmentationInput> inputs)
    {
        _inputs = inputs;
        _bytes = inputs.Sum(input => input.Bytes);
    }

    /// <summary>Inputs of the run.</summary>
    public int Inputs => _inputs.Count;

    /// <summary>Inputs finished, well or not.</summary>
    public int Finished => _outcomes.Count;

    /// <summary>Inputs that failed.</summary>
    public int Failed => Volatile.Read(ref _failed);

    /// <summary>Points labelled.</summary>
    public long Points => Interlocked.Read(ref _points);

    /// <summary>Seconds since the run began.</summary>
    public double Seconds => Stopwatch.GetElapsedTime(_started).TotalSeconds;

    /// <summary>The share of the work that is done, 0–1, by the size of inputs.</summary>
    public double Share => _bytes == 0 ? 1 : Math.Min(1, (double)Interlocked.Read(ref _doneBytes) / _bytes);

    /// <summary>Bytes of points that are in memory now, as the budget counts them: inputs held whole, and tiles.</summary>
    public long BytesInFlight => _bytesInFlight();

    /// <summary>The most memory that the process has had resident so far, bytes.</summary>
    public static long PeakResidentBytes
    {
        get
        {
            using Process self = Process.GetCurrentProcess();
            return self.PeakWorkingSet64;
        }
    }

    /// <summary>The stages in the way of the data.</summary>
    public IReadOnlyList<StageMeter> Stages { get; } =
        [.. new[] { "read", "partition", "normalize", "neighbourhoods", "infer", "vote", "write" }.Select(name => new StageMeter(name))];

    /// <summary>The inputs that failed so far, with their faults, in their order.</summary>
    public IReadOnlyList<InputOutcome> Failures => [.. _outcomes.Values.Where(outcome => outcome.Fault is not null).OrderBy(outcome => outcome.Ordinal)];

    /// <summary>What was done; inputs that were not finished count as cancelled.</summary>
    public RunOutcome Outcome() => new(
        [.. _inputs.Select((input, i) => _outcomes.TryGetValue(i, out InputOutcome? outcome) ? outcome.Summary : new InputSummary(input.Path, input.Source, InputStatus.Cancelled))],
        Stages, [.. _warnings.OrderBy(warning => warning.Ordinal).ThenBy(warning => warning.Text, StringComparer.Ordinal).Select(warning => warning.Text)], Seconds);

    internal void Meter(Func<long> bytesInFlight) => _bytesInFlight = bytesInFlight;

    /// <summary>Whether it is known what became of an input.</summary>
    internal bool IsFinished(int ordinal) => _outcomes.ContainsKey(ordinal);

    /// <summary>What became of an input; null where that is not known yet.</summary>
    internal InputSummary? Find(int ordinal) => _outcomes.TryGetValue(ordinal, out InputOutcome? outcome) ? outcome.Summary : null;

    /// <summary>An input needs no work: done or given up by an earlier run, or left for the next.</summary>
    internal void PassOver(int ordinal, InputSummary summary)
    {
        if (_outcomes.TryAdd(ordinal, new InputOutcome(ordinal, summary, null))) Interlocked.Add(ref _doneBytes, _inputs[ordinal].Bytes);
    }

    internal void Warn(int ordinal, string text) => _warnings.Add((ordinal, text));

    internal void AddPoints(long points, double bytesBehindThem)
    {
        Interlocked.Add(ref _points, points);
        Interlocked.Add(ref _doneBytes, (long)bytesBehindThem);
    }

    internal void Finish(InputOutcome outcome)
    {
        _outcomes[outcome.Ordinal] = outcome;
        if (outcome.Fault is not null) Interlocked.Increment(ref _failed);
    }
}
