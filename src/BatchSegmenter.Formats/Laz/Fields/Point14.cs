using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>The first 30 bytes of point formats 6–10, as stored (little-endian, like every machine this runs on).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Point14
{
    public const int Size = 30;

    public int X;
    public int Y;
    public int Z;
    public ushort Intensity;

    /// <summary>Return number (bits 0–3), number of returns (4–7).</summary>
    public byte Returns;

    /// <summary>Classification flags (bits 0–3), scanner channel (4–5), scan direction (6), edge of flight line (7).</summary>
    public byte Flags;
    public byte Classification;
    public byte UserData;
    public short ScanAngle;
    public ushort PointSource;
    public long GpsTime;

    /// <summary>The scanner channel, 0–3.</summary>
    public readonly int Channel => (Flags >> 4) & 3;

    /// <summary>The flags without the scanner channel, as their layer has them: class flags, scan direction, edge of flight line.</summary>
    public readonly byte LayerFlags => (byte)((Flags & 15) | ((Flags >> 2) & 0x30));
}
