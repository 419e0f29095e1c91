using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Three colours of 16 bits, as stored.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Rgb
{
    public const int Size = 6;

    public ushort Red;
    public ushort Green;
    public ushort Blue;
}
