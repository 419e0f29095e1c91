using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes the near infrared of item 12, the counterpart of <see cref="Nir14"/>.</summary>
internal sealed class Nir14Encoder(ArithmeticEncoder encoder, int version)
{
    private readonly NirModels?[] _models = new NirModels?[4];
    private readonly ushort[] _last = new ushort[4];
    private ItemContexts _contexts;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(int context, ref byte first)
    {
        _contexts.Start(context, version);
        Begin(context, Unsafe.ReadUnaligned<ushort>(ref first));
    }

    /// <summary>Encodes the near infrared of the next points.</summary>
    public void Encode(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            int left = _contexts.Enter(traces[i].ItemContext);
            if (left >= 0) Begin(_contexts.Current, _last[left]);
            NirModels models = _models[_contexts.Current]!;
            ref ushort last = ref _last[_contexts.ValueContext];
            ushort value = Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref record, (nint)i * stride));
            int low = (value - last) & 255;
            int high = ((value >> 8) - (last >> 8)) & 255;
            encoder.Symbol(models.Changed, (low != 0 ? 1 : 0) | (high != 0 ? 2 : 0));
            if (low != 0) encoder.Symbol(models.Low, low);
            if (high != 0) encoder.Symbol(models.High, high);
            last = value;
        }
    }

    private void Begin(int context, ushort value)
    {
        (_models[context] ??= new NirModels()).Reset();
        _last[context] = value;
    }
}
