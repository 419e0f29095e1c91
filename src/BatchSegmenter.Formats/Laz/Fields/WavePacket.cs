using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>The 29 bytes that point a record at its waveform, as stored; floats as their bits.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct WavePacket
{
    public const int Size = 29;

    public byte Descriptor;
    public ulong Offset;
    public uint PacketSize;
    public int ReturnPoint;
    public int Dx;
    public int Dy;
    public int Dz;
}
