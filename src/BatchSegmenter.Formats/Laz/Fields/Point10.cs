using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>The first 20 bytes of point formats 0–5, as stored (little-endian, like every machine this runs on).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Point10
{
    public const int Size = 20;

    public int X;
    public int Y;
    public int Z;
    public ushort Intensity;

    /// <summary>Return number (bits 0–2), number of returns (3–5), scan direction (6), edge of flight line (7).</summary>
    public byte Returns;
    public byte Classification;
    public byte ScanAngle;
    public byte UserData;
    public ushort PointSource;
}
