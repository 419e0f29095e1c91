using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Item 7, version 2: <see cref="GpsTimeSequences"/> with a symbol for «unchanged».</summary>
internal sealed class GpsTime11V2(ArithmeticDecoder decoder)
{
    private readonly GpsTimeSequences _sequences = new(decoder, codesUnchanged: true);

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(ref byte first) => _sequences.Start(Unsafe.ReadUnaligned<long>(ref first));

    /// <summary>Decodes the next 8 bytes.</summary>
    public void Decode(ref byte record) => Unsafe.WriteUnaligned(ref record, _sequences.Decode());
}
