using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes the layer of the GPS time of item 10, the counterpart of <see cref="Point14GpsTime"/>.</summary>
internal sealed class Point14GpsTimeEncoder(ArithmeticEncoder encoder)
{
    private readonly GpsTimeEncoder?[] _times = new GpsTimeEncoder?[4];
    private LayerContexts _contexts;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(in Point14 first)
    {
        _contexts.Start(first.Channel);
        Begin(first.Channel, first.GpsTime);
    }

    /// <summary>Encodes the time of the next points, where it changes.</summary>
    public void Encode(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            int channel = traces[i].Channel;
            int left = _contexts.Current;
            if (channel != left && _contexts.Enter(channel)) Begin(channel, _times[left]!.Time);
            if (traces[i].TimeChanged != 0)
                _times[channel]!.Encode(Unsafe.As<byte, Point14>(ref Unsafe.Add(ref record, (nint)i * stride)).GpsTime);
        }
    }

    private void Begin(int channel, long time) =>
        (_times[channel] ??= new GpsTimeEncoder(encoder, codesUnchanged: false)).Start(time);
}
