using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes one extra byte of item 14, the counterpart of <see cref="Byte14"/>.</summary>
internal sealed class Byte14Encoder(ArithmeticEncoder encoder, int version)
{
    private readonly SymbolModel?[] _models = new SymbolModel?[4];
    private readonly byte[] _last = new byte[4];
    private ItemContexts _contexts;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(int context, byte first)
    {
        _contexts.Start(context, version);
        Begin(context, first);
    }

    /// <summary>Encodes the byte of the next points.</summary>
    public void Encode(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            int left = _contexts.Enter(traces[i].ItemContext);
            if (left >= 0) Begin(_contexts.Current, _last[left]);
            ref byte last = ref _last[_contexts.ValueContext];
            byte value = Unsafe.Add(ref record, (nint)i * stride);
            encoder.Symbol(_models[_contexts.Current]!, (byte)(value - last));
            last = value;
        }
    }

    private void Begin(int context, byte value)
    {
        if (_models[context] is { } known) known.Reset();
        else _models[context] = new SymbolModel(256);
        _last[context] = value;
    }
}
