using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>The near infrared of item 12: a layer whose two bytes are predicted by their last values.</summary>
internal sealed class Nir14(ArithmeticDecoder decoder, int version)
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

    /// <summary>Decodes the near infrared of the next points.</summary>
    public void Decode(ref byte record, int stride, ReadOnlySpan<PointTrace> traces)
    {
        for (int i = 0; i < traces.Length; i++)
        {
            int left = _contexts.Enter(traces[i].ItemContext);
            if (left >= 0) Begin(_contexts.Current, _last[left]);
            NirModels models = _models[_contexts.Current]!;
            ref ushort last = ref _last[_contexts.ValueContext];
            int changed = decoder.Symbol(models.Changed);
            int low = last & 255;
            int high = last >> 8;
            if ((changed & 1) != 0) low = (low + decoder.Symbol(models.Low)) & 255;
            if ((changed & 2) != 0) high = (high + decoder.Symbol(models.High)) & 255;
            last = (ushort)(low | (high << 8));
            Unsafe.WriteUnaligned(ref Unsafe.Add(ref record, (nint)i * stride), last);
        }
    }

    private void Begin(int context, ushort value)
    {
        (_models[context] ??= new NirModels()).Reset();
        _last[context] = value;
    }
}
