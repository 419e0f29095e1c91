using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes item 13, the counterpart of <see cref="WavePacket14"/>.</summary>
internal sealed class WavePacket14Encoder(ArithmeticEncoder encoder, int version)
{
    private readonly WavePacketEncoder?[] _packets = new WavePacketEncoder?[4];
    private readonly WavePacket[] _last = new WavePacket[4];
    private ItemContexts _contexts;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(int context, ref byte first)
    {
        _contexts.Start(context, version);
        Begin(context, Unsafe.ReadUnaligned<WavePacket>(ref first));
    }

    /// <summary>Encodes the wave packets of the next points.</summary>
    public void Encode(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            int left = _contexts.Enter(traces[i].ItemContext);
            if (left >= 0) Begin(_contexts.Current, _last[left]);
            WavePacket packet = Unsafe.ReadUnaligned<WavePacket>(ref Unsafe.Add(ref record, (nint)i * stride));
            _packets[_contexts.Current]!.Encode(packet, ref _last[_contexts.ValueContext]);
        }
    }

    private void Begin(int context, WavePacket value)
    {
        (_packets[context] ??= new WavePacketEncoder(encoder)).Reset();
        _last[context] = value;
    }
}
