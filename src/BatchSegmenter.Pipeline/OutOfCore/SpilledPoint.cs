using System.Runtime.InteropServices;
using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>A point as scratch files hold it: 40 bytes, in the machine's own order, since no other machine reads them.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct SpilledPoint
{
    /// <summary>Bytes of a record.</summary>
    public const int Size = 40;

    public double X, Y, Z;

    /// <summary>Position within the file.</summary>
    public int Index;

    public ushort Intensity, Red, Green, Blue;

    public byte ReturnNumber, NumberOfReturns, Classification, Flags;

    /// <summary>Takes point <paramref name="i"/> of decoded columns; attributes that they lack are 0.</summary>
    public static SpilledPoint Of(PointColumns points, int i, int index) => new()
    {
        X = points.X[i],
        Y = points.Y[i],
        Z = points.Z[i],
        Index = index,
        Intensity = points.Intensity?[i] ?? 0,
        Red = points.Red?[i] ?? 0,
        Green = points.Green?[i] ?? 0,
        Blue = points.Blue?[i] ?? 0,
        ReturnNumber = points.ReturnNumber?[i] ?? 0,
        NumberOfReturns = points.NumberOfReturns?[i] ?? 0,
        Classification = points.Classification?[i] ?? 0,
        Flags = (byte)(points.ClassificationFlags?[i] ?? 0),
    };

    /// <summary>Appends points to columns, in those of the attributes that they have.</summary>
    public static void Append(ReadOnlySpan<SpilledPoint> from, PointColumns to)
    {
        to.EnsureCapacity(to.Count + from.Length);
        for (int i = 0, at = to.Count; i < from.Length; i++, at++)
        {
            ref readonly SpilledPoint point = ref from[i];
            (to.X[at], to.Y[at], to.Z[at]) = (point.X, point.Y, point.Z);
            if (to.Intensity is not null) to.Intensity[at] = point.Intensity;
            if (to.ReturnNumber is not null) to.ReturnNumber[at] = point.ReturnNumber;
            if (to.NumberOfReturns is not null) to.NumberOfReturns[at] = point.NumberOfReturns;
            if (to.Classification is not null) to.Classification[at] = point.Classification;
            if (to.ClassificationFlags is not null) to.ClassificationFlags[at] = (ClassificationFlags)point.Flags;
            if (to.Red is not null) (to.Red[at], to.Green![at], to.Blue![at]) = (point.Red, point.Green, point.Blue);
        }

        to.Count += from.Length;
    }
}
