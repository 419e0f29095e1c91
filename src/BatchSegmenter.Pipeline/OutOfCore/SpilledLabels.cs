using System.Buffers.Binary;
using System.Runtime.InteropServices;
using BatchSegmenter.Pipeline.Labels;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>
/// Labels in a scratch file: they come tile by tile, are sorted into runs of points that follow one another in the source, and go back run by run.
/// </summary>
internal sealed class SpilledLabels : CloudLabels
{
    private const int PointsPerRun = 1 << 18;
    private const int FixedBytes = 10; // place within the run, class id, label, confidence

    private readonly ScratchBuckets<int> _runs;
    private readonly Lock _gate = new();
    private readonly int _shares;
    private HeldLabels? _loaded;
    private int _loadedRun = -1;

    /// <param name="file">Takes the labels; closed with this.</param>
    /// <param name="count">Points of the input.</param>
    /// <param name="classes">Classes of the bundle.</param>
    /// <param name="keepProbabilities">Whether probabilities are kept.</param>
    public SpilledLabels(ScratchFile file, int count, int classes, bool keepProbabilities)
        : base(count, classes)
    {
        _shares = keepProbabilities ? classes : 0;
        _runs = new ScratchBuckets<int>(file, RecordBytes(classes, keepProbabilities), mostBuffered: 16 << 20);
    }

    /// <summary>Bytes of scratch that a point takes.</summary>
    public static int RecordBytes(int classes, bool keepProbabilities) => FixedBytes + (keepProbabilities ? sizeof(float) * classes : 0);

    public override void KeepSource(int point, byte code)
    {
        lock (_gate) Write(point, FromSource, code, 1).Clear();
        CountGiven(1);
    }

    public override void Put(ReadOnlySpan<int> points, in LabelRun labels)
    {
        ReadOnlySpan<byte> classId = labels.ClassId.Span, label = labels.Label.Span;
        ReadOnlySpan<float> confidence = labels.Confidence.Span, probabilities = labels.Probabilities.Span;
        lock (_gate)
            for (int i = 0; i < points.Length; i++)
            {
                Span<byte> shares = Write(points[i], classId[i], label[i], confidence[i]);
                if (_shares > 0) MemoryMarshal.AsBytes(probabilities.Slice(i * _shares, _shares)).CopyTo(shares);
            }
        CountGiven(points.Length);
    }

    public override LabelRun Read(int first, int count)
    {
        int run = first / PointsPerRun, start = first % PointsPerRun;
        if (start + count <= PointsPerRun) return Load(run).Read(start, count);

        HeldLabels joined = new(count, Classes, _shares > 0);
        for (int at = 0, taken; at < count; at += taken)
        {
            (run, start) = ((first + at) / PointsPerRun, (first + at) % PointsPerRun);
            taken = Math.Min(count - at, PointsPerRun - start);
            LabelRun part = Load(run).Read(start, taken);
            part.ClassId.CopyTo(joined.ClassId.AsMemory(at));
            part.Label.CopyTo(joined.Label.AsMemory(at));
            part.Confidence.CopyTo(joined.Confidence.AsMemory(at));
            if (_shares > 0) part.Probabilities.CopyTo(joined.Probabilities.AsMemory(at * Classes));
        }

        return joined.Read(0, count);
    }

    public override void Dispose()
    {
        _loaded = null;
        _runs.Dispose();
        base.Dispose();
    }

    private Span<byte> Write(int point, byte classId, byte label, float confidence)
    {
        Span<byte> record = _runs.Add(point / PointsPerRun);
        BinaryPrimitives.WriteInt32LittleEndian(record, point % PointsPerRun);
        (record[4], record[5]) = (classId, label);
        BinaryPrimitives.WriteSingleLittleEndian(record[6..], confidence);
        return record[FixedBytes..];
    }

    private HeldLabels Load(int run)
    {
        if (_loadedRun == run) return _loaded!;
        int count = Math.Min(PointsPerRun, Count - run * PointsPerRun);
        if (_runs.Count(run) != count) throw new InvalidOperationException($"{_runs.Count(run)} of {count} points from {run * PointsPerRun} on have a label.");
        if (_loaded?.Count != count) _loaded = new HeldLabels(count, Classes, _shares > 0);
        HeldLabels loaded = _loaded;
        int size = RecordBytes(Classes, _shares > 0);
        _runs.Visit(run, records =>
        {
            for (; !records.IsEmpty; records = records[size..])
            {
                int at = BinaryPrimitives.ReadInt32LittleEndian(records);
                (loaded.ClassId[at], loaded.Label[at]) = (records[4], records[5]);
                loaded.Confidence[at] = BinaryPrimitives.ReadSingleLittleEndian(records[6..]);
                if (_shares > 0) records[FixedBytes..size].CopyTo(MemoryMarshal.AsBytes(loaded.Probabilities.AsSpan(at * Classes, Classes)));
            }
        });
        _loadedRun = run;
        return loaded;
    }
}
