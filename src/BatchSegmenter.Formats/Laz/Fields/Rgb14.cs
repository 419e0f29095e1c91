using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Item 11, and the colours of item 12: a layer of <see cref="RgbModels"/>.</summary>
internal sealed class Rgb14(ArithmeticDecoder decoder, int version)
{
    private readonly RgbModels?[] _models = new RgbModels?[4];
    private readonly Rgb[] _last = new Rgb[4];
    private ItemContexts _contexts;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(int context, ref byte first)
    {
        _contexts.Start(context, version);
        Begin(context, Unsafe.ReadUnaligned<Rgb>(ref first));
    }

    /// <summary>Decodes the colours of the next points.</summary>
    public void Decode(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            int left = _contexts.Enter(traces[i].ItemContext);
            if (left >= 0) Begin(_contexts.Current, _last[left]);
            ref Rgb last = ref _last[_contexts.ValueContext];
            _models[_contexts.Current]!.Decode(decoder, ref last);
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref record, (nint)i * stride), last);
        }
    }

    private void Begin(int context, Rgb value)
    {
        (_models[context] ??= new RgbModels()).Reset();
        _last[context] = value;
    }
}
