using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>The layer of the GPS time of item 10: <see cref="GpsTimeSequences"/>, asked only where the time changes.</summary>
internal sealed class Point14GpsTime(ArithmeticDecoder decoder)
{
    private readonly GpsTimeSequences?[] _sequences = new GpsTimeSequences?[4];
    private LayerContexts _contexts;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(in Point14 first)
    {
        _contexts.Start(first.Channel);
        Begin(first.Channel, first.GpsTime);
    }

    /// <summary>Decodes the time of the next points.</summary>
    public void Decode(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            int channel = traces[i].Channel;
            int left = _contexts.Current;
            if (channel != left && _contexts.Enter(channel)) Begin(channel, _sequences[left]!.Time);
            GpsTimeSequences sequences = _sequences[channel]!;
            Unsafe.As<byte, Point14>(ref Unsafe.Add(ref record, (nint)i * stride)).GpsTime =
                traces[i].TimeChanged != 0 ? sequences.Decode() : sequences.Time;
        }
    }

    private void Begin(int channel, long time) =>
        (_sequences[channel] ??= new GpsTimeSequences(decoder, codesUnchanged: false)).Start(time);
}
