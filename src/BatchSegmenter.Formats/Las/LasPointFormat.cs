namespace BatchSegmenter.Formats.Las;

/// <summary>
/// Where the fields of a LAS point format (0–10) stand within its record. Offsets are bytes; -1 where the format lacks the field.
/// Bytes beyond <see cref="Length"/> are extra bytes.
/// </summary>
internal sealed class LasPointFormat
{
    private static readonly LasPointFormat[] All = [.. Enumerable.Range(0, 11).Select(id => new LasPointFormat(id))];

    private LasPointFormat(int id)
    {
        Id = id;
        IsExtended = id >= 6;
        int next = IsExtended ? 30 : 20;
        GpsTime = IsExtended ? 22 : id is 1 or 3 or 4 or 5 ? Take(ref next, 8) : -1;
        Color = id is 2 or 3 or 5 or 7 or 8 or 10 ? Take(ref next, 6) : -1;
        Nir = id is 8 or 10 ? Take(ref next, 2) : -1;
        WavePacket = id is 4 or 5 or 9 or 10 ? Take(ref next, 29) : -1;
        Length = next;

        PointAttributes attributes = PointAttributes.Intensity | PointAttributes.ReturnNumber | PointAttributes.NumberOfReturns
            | PointAttributes.Classification | PointAttributes.ClassificationFlags | PointAttributes.ScanDirectionFlag
            | PointAttributes.EdgeOfFlightLine | PointAttributes.ScanAngle | PointAttributes.UserData | PointAttributes.PointSourceId;
        if (IsExtended) attributes |= PointAttributes.ScannerChannel;
        if (GpsTime >= 0) attributes |= PointAttributes.GpsTime;
        if (Color >= 0) attributes |= PointAttributes.Color;
        if (Nir >= 0) attributes |= PointAttributes.Nir;
        Attributes = attributes;
    }

    /// <summary>The format's number, 0–10.</summary>
    public int Id { get; }

    /// <summary>Whether this is one of the formats 6–10, with 4-bit return numbers and a class byte of its own.</summary>
    public bool IsExtended { get; }

    /// <summary>Bytes of a record without extra bytes.</summary>
    public int Length { get; }

    /// <summary>What a point of this format has.</summary>
    public PointAttributes Attributes { get; }

    /// <summary>Intensity, 16 bits.</summary>
    public int Intensity => 12;

    /// <summary>Return number and number of returns: 3 bits each (with scan direction and edge flag) or 4 bits each.</summary>
    public int Returns => 14;

    /// <summary>Class flags, scanner channel, scan direction and edge flag of formats 6–10.</summary>
    public int Flags => IsExtended ? 15 : -1;

    /// <summary>The class byte; in formats 0–5 its upper three bits are flags.</summary>
    public int Classification => IsExtended ? 16 : 15;

    /// <summary>Scan angle: signed degrees in one byte, or signed steps of 0.006° in two.</summary>
    public int ScanAngle => IsExtended ? 18 : 16;

    /// <summary>User data byte.</summary>
    public int UserData => 17;

    /// <summary>Point source id, 16 bits.</summary>
    public int PointSourceId => IsExtended ? 20 : 18;

    /// <summary>GPS time, a double.</summary>
    public int GpsTime { get; }

    /// <summary>Red, green and blue, 16 bits each.</summary>
    public int Color { get; }

    /// <summary>Near infrared, 16 bits.</summary>
    public int Nir { get; }

    /// <summary>The waveform packet reference, 29 bytes.</summary>
    public int WavePacket { get; }

    /// <summary>The largest class code that a record can hold.</summary>
    public int MaxClassCode => IsExtended ? 255 : 31;

    /// <summary>The format of that number, or null beyond 0–10.</summary>
    public static LasPointFormat? Find(int id) => (uint)id < (uint)All.Length ? All[id] : null;

    private static int Take(ref int next, int length)
    {
        int offset = next;
        next += length;
        return offset;
    }
}
