using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// A layer of item 10 that is one symbol per point whose model depends on the last value: classification, flags and user
/// data. The three differ in how the last value picks the model.
/// </summary>
internal sealed class Point14Bytes(ArithmeticDecoder decoder, int symbols)
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

    /// <summary>Decodes the class codes of the next points.</summary>
    public void DecodeClassification(Span<byte> records, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            ref byte last = ref Last(traces[i].Channel);
            int context = ((last & 31) << 1) | (traces[i].ReturnPlace == 3 ? 1 : 0);
            last = (byte)decoder.Symbol(_models[traces[i].Channel]![context]);
            records[(i * stride) + 16] = last;
        }
    }

    /// <summary>Decodes the flags of the next points; the scanner channel is there already.</summary>
    public void DecodeFlags(Span<byte> records, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            ref byte last = ref Last(traces[i].Channel);
            last = (byte)decoder.Symbol(_models[traces[i].Channel]![last]);
            records[(i * stride) + 15] |= (byte)((last & 15) | ((last & 0x30) << 2));
        }
    }

    /// <summary>Decodes the user data of the next points.</summary>
    public void DecodeUserData(Span<byte> records, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            ref byte last = ref Last(traces[i].Channel);
            last = (byte)decoder.Symbol(_models[traces[i].Channel]![last >> 2]);
            records[(i * stride) + 17] = last;
        }
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
