using System.Diagnostics;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>What one stage has done so far: items, the seconds that its workers were busy, added over threads, and how long its queue was.</summary>
/// <param name="name">The stage's name: <c>read</c>, <c>partition</c>, …</param>
public sealed class StageMeter(string name)
{
    private long _ticks;
    private long _items;
    private long _queued;
    private long _samples;
    private int _mostQueued;

    /// <summary>The stage's name.</summary>
    public string Name { get; } = name;

    /// <summary>Items that went through.</summary>
    public long Items => Interlocked.Read(ref _items);

    /// <summary>Seconds of work, added over threads.</summary>
    public double BusySeconds => (double)Interlocked.Read(ref _ticks) / Stopwatch.Frequency;

    /// <summary>Items that the stage works on at once, at most.</summary>
    public int Workers { get; internal set; } = 1;

    /// <summary>Items that waited for the stage when it was last looked at.</summary>
    public int Queue { get; private set; }

    /// <summary>The most that waited whenever it was looked at.</summary>
    public int MostQueued => Volatile.Read(ref _mostQueued);

    /// <summary>The mean of those that waited whenever it was looked at; 0 where it never was.</summary>
    public double MeanQueue => _samples == 0 ? 0 : (double)Interlocked.Read(ref _queued) / Interlocked.Read(ref _samples);

    /// <summary>Notes how many items wait. Not from several threads at a time.</summary>
    internal void Look(int waiting)
    {
        Queue = waiting;
        Interlocked.Add(ref _queued, waiting);
        Interlocked.Increment(ref _samples);
        _mostQueued = Math.Max(_mostQueued, waiting);
    }

    /// <summary>Runs a piece of work and adds its time.</summary>
    public void Measure(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            work();
        }
        finally
        {
            Count(start);
        }
    }

    /// <summary>Runs a piece of work and adds its time, waiting included.</summary>
    public async Task MeasureAsync(Func<Task> work)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            await work();
        }
        finally
        {
            Count(start);
        }
    }

    private void Count(long start)
    {
        Interlocked.Add(ref _ticks, Stopwatch.GetTimestamp() - start);
        Interlocked.Increment(ref _items);
    }
}
