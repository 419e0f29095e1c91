using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Item 8, version 2: <see cref="RgbModels"/>.</summary>
internal sealed class Rgb12V2(ArithmeticDecoder decoder)
{
    private readonly RgbModels _models = new();
    private Rgb _last;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(ref byte first)
    {
        _models.Reset();
        _last = Unsafe.ReadUnaligned<Rgb>(ref first);
    }

    /// <summary>Decodes the next 6 bytes.</summary>
    public void Decode(ref byte record)
    {
        _models.Decode(decoder, ref _last);
        Unsafe.WriteUnaligned(ref record, _last);
    }
}
