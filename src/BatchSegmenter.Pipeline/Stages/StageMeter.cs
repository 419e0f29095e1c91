using System.Diagnostics;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>What one stage has done so far: items, points and the seconds that its workers were busy, added over threads.</summary>
/// <param name="name">The stage's name: <c>read</c>, <c>partition</c>, …</param>
public sealed class StageMeter(string name)
{
    private long _ticks;
    private long _items;

    /// <summary>The stage's name.</summary>
    public string Name { get; } = name;

    /// <summary>Items that went through.</summary>
    public long Items => Interlocked.Read(ref _items);

    /// <summary>Seconds of work, added over threads.</summary>
    public double BusySeconds => (double)Interlocked.Read(ref _ticks) / Stopwatch.Frequency;

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
