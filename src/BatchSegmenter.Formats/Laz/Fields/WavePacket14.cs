using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Item 13: a layer of <see cref="WavePacketModels"/>.</summary>
internal sealed class WavePacket14(ArithmeticDecoder decoder, int version)
{
    private readonly WavePacketModels?[] _models = new WavePacketModels?[4];
    private readonly WavePacket[] _last = new WavePacket[4];
    private ItemContexts _contexts;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(int context, ref byte first)
    {
        _contexts.Start(context, version);
        Begin(context, Unsafe.ReadUnaligned<WavePacket>(ref first));
    }

    /// <summary>Decodes the wave packets of the next points.</summary>
    public void Decode(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            int left = _contexts.Enter(traces[i].ItemContext);
            if (left >= 0) Begin(_contexts.Current, _last[left]);
            ref WavePacket last = ref _last[_contexts.ValueContext];
            _models[_contexts.Current]!.Decode(ref last);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref record, (nint)i * stride), last);
        }
    }

    private void Begin(int context, WavePacket value)
    {
        (_models[context] ??= new WavePacketModels(decoder)).Reset();
        _last[context] = value;
    }
}
