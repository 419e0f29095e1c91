using System.Runtime.InteropServices;
using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>
/// The points of an input in a scratch file, in file order and coordinates: decoded once, then gone over as often as measuring needs.
/// </summary>
/// <param name="file">Takes the points; closed with this.</param>
/// <param name="attributes">The attributes to give back; of those that <see cref="SpilledPoint"/> has.</param>
internal sealed class SpilledCloud(ScratchFile file, PointAttributes attributes) : IDisposable
{
    private const int PointsAtOnce = 1 << 16;

    private readonly SpilledPoint[] _records = new SpilledPoint[PointsAtOnce];

    /// <summary>Points appended.</summary>
    public int Count { get; private set; }

    /// <summary>Appends decoded points.</summary>
    public void Append(PointColumns points)
    {
        for (int first = 0; first < points.Count; first += PointsAtOnce)
        {
            int count = Math.Min(PointsAtOnce, points.Count - first);
            for (int i = 0; i < count; i++) _records[i] = SpilledPoint.Of(points, first + i, checked(Count + i));
            file.Append(MemoryMarshal.AsBytes(_records.AsSpan(0, count)));
            Count += count;
        }
    }

    /// <summary>Forgets the points from <paramref name="count"/> on.</summary>
    public void Truncate(int count)
    {
        Count = Math.Min(Count, count);
        file.Truncate((long)Count * SpilledPoint.Size);
    }

    /// <summary>Where a point stands in plan, in the file's units.</summary>
    public (double X, double Y) PlanAt(long point)
    {
        SpilledPoint record = default;
        file.Read(point * SpilledPoint.Size, MemoryMarshal.AsBytes(new Span<SpilledPoint>(ref record)));
        return (record.X, record.Y);
    }

    /// <summary>All points, run by run; a run is valid until the next and may be changed.</summary>
    public IEnumerable<(int First, PointColumns Points)> Runs()
    {
        PointColumns run = new(Math.Min(PointsAtOnce, Count), attributes);
        for (int first = 0; first < Count; first += PointsAtOnce)
        {
            run.Count = 0;
            Load(first, run);
            yield return (first, run);
        }
    }

    /// <summary>Removes the file.</summary>
    public void Dispose() => file.Dispose();

    private void Load(int first, PointColumns run)
    {
        Span<SpilledPoint> records = _records.AsSpan(0, Math.Min(PointsAtOnce, Count - first));
        file.Read((long)first * SpilledPoint.Size, MemoryMarshal.AsBytes(records));
        SpilledPoint.Append(records, run);
    }
}
