using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes the layers of intensity, scan angle and point source of item 10, the counterpart of <see cref="Point14Integers"/>.</summary>
internal sealed class Point14IntegersEncoder(ArithmeticEncoder encoder, int contexts)
{
    private const int Kinds = 8;

    private readonly IntegerCompressor?[] _values = new IntegerCompressor?[4];
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

    /// <summary>Encodes the intensity of the next points.</summary>
    public void EncodeIntensity(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            PointTrace trace = traces[i];
            Enter(trace.Channel);
            ushort value = At(ref record, i, stride).Intensity;
            ref ushort last = ref _last[(trace.Channel * Kinds) + (trace.ReturnPlace << 1) + trace.TimeChanged];
            _values[trace.Channel]!.Encode(last, value, trace.ReturnPlace);
            last = _previous = value;
        }
    }

    /// <summary>Encodes the scan angle of the next points.</summary>
    public void EncodeScanAngle(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            PointTrace trace = traces[i];
            Enter(trace.Channel);
            short value = At(ref record, i, stride).ScanAngle;
            ref ushort last = ref _last[trace.Channel * Kinds];
            if (trace.AngleChanged) _values[trace.Channel]!.Encode((short)last, value, trace.TimeChanged);
            last = _previous = (ushort)value;
        }
    }

    /// <summary>Encodes the point source of the next points.</summary>
    public void EncodePointSource(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            PointTrace trace = traces[i];
            Enter(trace.Channel);
            ushort value = At(ref record, i, stride).PointSource;
            ref ushort last = ref _last[trace.Channel * Kinds];
            if (trace.SourceChanged) _values[trace.Channel]!.Encode(last, value);
            last = _previous = value;
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
        else _values[channel] = new IntegerCompressor(encoder, 16, contexts);
        _last.AsSpan(channel * Kinds, Kinds).Fill(_previous);
    }
}
