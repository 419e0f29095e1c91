using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// A layer of item 10 that is a 16-bit integer per point or per change: intensity, scan angle and point source.
/// </summary>
internal sealed class Point14Integers(ArithmeticDecoder decoder, int contexts)
{
    // Intensity is predicted apart by place among the returns and by whether the time changed; the others have one last value.
    private const int Kinds = 8;

    private readonly IntegerDecompressor?[] _values = new IntegerDecompressor?[4];
    private readonly ushort[] _last = new ushort[4 * Kinds];
    private LayerContexts _contexts;
    private ushort _previous;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(int channel, ushort first)
    {
        _contexts.Start(channel);
        _previous = first;
        Begin(channel);
    }

    /// <summary>Decodes the intensity of the next points.</summary>
    public void DecodeIntensity(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            PointTrace trace = traces[i];
            Enter(trace.Channel);
            ref ushort last = ref _last[(trace.Channel * Kinds) + (trace.ReturnPlace << 1) + trace.TimeChanged];
            last = (ushort)_values[trace.Channel]!.Decode(last, trace.ReturnPlace);
            _previous = last;
            At(ref record, i, stride).Intensity = last;
        }
    }

    /// <summary>Decodes the scan angle of the next points.</summary>
    public void DecodeScanAngle(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            PointTrace trace = traces[i];
            Enter(trace.Channel);
            ref ushort last = ref _last[trace.Channel * Kinds];
            if (trace.AngleChanged) last = (ushort)_values[trace.Channel]!.Decode((short)last, trace.TimeChanged);
            _previous = last;
            At(ref record, i, stride).ScanAngle = (short)last;
        }
    }

    /// <summary>Decodes the point source of the next points.</summary>
    public void DecodePointSource(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            PointTrace trace = traces[i];
            Enter(trace.Channel);
            ref ushort last = ref _last[trace.Channel * Kinds];
            if (trace.SourceChanged) last = (ushort)_values[trace.Channel]!.Decode(last);
            _previous = last;
            At(ref record, i, stride).PointSource = last;
        }
    }

    private static ref Point14 At(ref byte record, int index, int stride) =>
        ref Unsafe.As<byte, Point14>(ref Unsafe.Add(ref record, (nint)index * stride));

    private void Enter(int channel)
    {
        if (channel != _contexts.Current && _contexts.Enter(channel)) Begin(channel);
    }

    private void Begin(int channel)
    {
        if (_values[channel] is { } known) known.Reset();
        else _values[channel] = new IntegerDecompressor(decoder, 16, contexts);
        _last.AsSpan(channel * Kinds, Kinds).Fill(_previous);
    }
}
