using System.Runtime.InteropServices;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>What an input gives those beside it, in a scratch file: its points near one of them, in file order, and behind them the signals of the others.</summary>
/// <param name="file">Takes it; closed with this.</param>
internal sealed class NeighbourStrip(ScratchFile file) : IDisposable
{
    private const int PointsAtOnce = 1 << 12;

    /// <summary>Points appended.</summary>
    public int Count { get; private set; }

    /// <summary>Bytes of the file.</summary>
    public long Bytes => file.Length;

    /// <summary>Appends points.</summary>
    public void Append(PointColumns points)
    {
        SpilledPoint[] records = new SpilledPoint[PointsAtOnce];
        for (int first = 0; first < points.Count; first += PointsAtOnce)
        {
            int count = Math.Min(PointsAtOnce, points.Count - first);
            for (int i = 0; i < count; i++) records[i] = SpilledPoint.Of(points, first + i, checked(Count + i));
            file.Append(MemoryMarshal.AsBytes(records.AsSpan(0, count)));
            Count += count;
        }
    }

    /// <summary>Ends it with the signals of the points that are not in it.</summary>
    public void Complete(SignalTally others) => others.Save(bytes => file.Append(bytes));

    /// <summary>Appends the points from <paramref name="first"/> on to columns, at most as many as given.</summary>
    public void Read(int first, int most, PointColumns points)
    {
        SpilledPoint[] records = new SpilledPoint[PointsAtOnce];
        for (int end = (int)Math.Min(Count, first + (long)most); first < end; first += PointsAtOnce)
        {
            Span<SpilledPoint> run = records.AsSpan(0, Math.Min(PointsAtOnce, end - first));
            file.Read((long)first * SpilledPoint.Size, MemoryMarshal.AsBytes(run));
            SpilledPoint.Append(run, points);
        }
    }

    /// <summary>The signals that it was completed with.</summary>
    public SignalTally Others()
    {
        long at = (long)Count * SpilledPoint.Size;
        return SignalTally.Load(bytes =>
        {
            file.Read(at, bytes);
            at += bytes.Length;
        });
    }

    /// <summary>Removes the file.</summary>
    public void Dispose() => file.Dispose();
}
