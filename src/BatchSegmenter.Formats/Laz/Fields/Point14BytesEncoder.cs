using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes the layers of classification, flags and user data of item 10, the counterpart of <see cref="Point14Bytes"/>.</summary>
internal sealed class Point14BytesEncoder(ArithmeticEncoder encoder, int symbols)
{
    private readonly ContextModels?[] _models = new ContextModels?[4];
    private readonly byte[] _last = new byte[4];
    private LayerContexts _contexts;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(int channel, byte first)
    {
        _contexts.Start(channel);
        Begin(channel, first);
    }

    /// <summary>Encodes the class codes of the next points.</summary>
    public void EncodeClassification(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            ref byte last = ref Last(traces[i].Channel);
            int context = ((last & 31) << 1) | (traces[i].ReturnPlace == 3 ? 1 : 0);
            last = Symbol(traces[i].Channel, context, At(ref record, i, stride).Classification);
        }
    }

    /// <summary>Encodes the flags of the next points, without the scanner channel.</summary>
    public void EncodeFlags(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            ref byte last = ref Last(traces[i].Channel);
            last = Symbol(traces[i].Channel, last, At(ref record, i, stride).LayerFlags);
        }
    }

    /// <summary>Encodes the user data of the next points.</summary>
    public void EncodeUserData(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            ref byte last = ref Last(traces[i].Channel);
            last = Symbol(traces[i].Channel, last >> 2, At(ref record, i, stride).UserData);
        }
    }

    private static ref Point14 At(ref byte record, int index, int stride) =>
        ref Unsafe.As<byte, Point14>(ref Unsafe.Add(ref record, (nint)index * stride));

    private byte Symbol(int channel, int context, byte value)
    {
        encoder.Symbol(_models[channel]![context], value);
        return value;
    }

    private ref byte Last(int channel)
    {
        int left = _contexts.Current;
        if (channel != left && _contexts.Enter(channel)) Begin(channel, _last[left]);
        return ref _last[channel];
    }

    private void Begin(int channel, byte value)
    {
        if (_models[channel] is { } known) known.Reset();
        else _models[channel] = new ContextModels(64, symbols);
        _last[channel] = value;
    }
}
