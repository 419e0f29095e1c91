using System.Diagnostics;
using System.Globalization;

namespace BatchSegmenter.Commands;

/// <summary>How far a long pass over points has come, on one line of the terminal; silent where standard error is none.</summary>
internal sealed class PointProgress(long points) : IProgress<long>, IDisposable
{
    private readonly bool _isShown = !Console.IsErrorRedirected;
    private readonly long _started = Stopwatch.GetTimestamp();
    private long _shown = Stopwatch.GetTimestamp();
    private bool _isOpen;

    /// <summary>Shows the points done, twice a second at most.</summary>
    public void Report(long done)
    {
        if (!_isShown || Stopwatch.GetElapsedTime(_shown).TotalSeconds < 0.5) return;
        _shown = Stopwatch.GetTimestamp();
        _isOpen = true;
        double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds, left = seconds * (points - done) / Math.Max(1, done);
        Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{done:N0} of {points:N0} points, {done / seconds:N0} points/s, {RunLog.Duration(left)} left   "));
    }

    /// <summary>Ends the line.</summary>
    public void Dispose()
    {
        if (_isOpen) Console.Error.WriteLine();
    }
}
