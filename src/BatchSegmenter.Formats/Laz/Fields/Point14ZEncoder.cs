using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes the layer of z of item 10, the counterpart of <see cref="Point14Z"/>.</summary>
internal sealed class Point14ZEncoder(ArithmeticEncoder encoder)
{
    private const int Levels = 8;

    private readonly IntegerCompressor?[] _z = new IntegerCompressor?[4];
    private readonly int[] _last = new int[4 * Levels];
    private LayerContexts _contexts;
    private int _previous;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(in Point14 first)
    {
        _contexts.Start(first.Channel);
        _previous = first.Z;
        Begin(first.Channel);
    }

    /// <summary>Encodes z of the next points.</summary>
    public void Encode(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            PointTrace trace = traces[i];
            if (trace.Channel != _contexts.Current && _contexts.Enter(trace.Channel)) Begin(trace.Channel);
            int z = Unsafe.As<byte, Point14>(ref Unsafe.Add(ref record, (nint)i * stride)).Z;
            int total = trace.Returns >> 4;
            int level = Math.Min(Math.Abs(total - (trace.Returns & 15)), Levels - 1);
            int context = (total == 1 ? 1 : 0) + Math.Min(trace.Bits & ~1, 18);
            ref int last = ref _last[(trace.Channel * Levels) + level];
            _z[trace.Channel]!.Encode(last, z, context);
            last = _previous = z;
        }
    }

    private void Begin(int channel)
    {
        if (_z[channel] is { } known) known.Reset();
        else _z[channel] = new IntegerCompressor(encoder, 32, 20);
        _last.AsSpan(channel * Levels, Levels).Fill(_previous);
    }
}
