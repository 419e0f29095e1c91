using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes item 11, and the colours of item 12, the counterpart of <see cref="Rgb14"/>.</summary>
internal sealed class Rgb14Encoder(ArithmeticEncoder encoder, int version)
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

    /// <summary>Encodes the colours of the next points.</summary>
    public void Encode(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            int left = _contexts.Enter(traces[i].ItemContext);
            if (left >= 0) Begin(_contexts.Current, _last[left]);
            Rgb color = Unsafe.ReadUnaligned<Rgb>(ref Unsafe.Add(ref record, (nint)i * stride));
            _models[_contexts.Current]!.Encode(encoder, color, ref _last[_contexts.ValueContext]);
        }
    }

    private void Begin(int context, Rgb value)
    {
        (_models[context] ??= new RgbModels()).Reset();
        _last[context] = value;
    }
}
