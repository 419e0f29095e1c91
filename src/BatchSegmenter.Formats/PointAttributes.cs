namespace BatchSegmenter.Formats;

/// <summary>The attributes of a point beside its position. Names are those of the LAS specification.</summary>
[Flags]
public enum PointAttributes
{
    /// <summary>Positions alone.</summary>
    None = 0,

    /// <summary>Pulse return magnitude, 0–65535, not normalised.</summary>
    Intensity = 1 << 0,

    /// <summary>Number of the return within its pulse, from 1; 0 where the producer left it out.</summary>
    ReturnNumber = 1 << 1,

    /// <summary>Returns of the pulse; 0 where the producer left it out.</summary>
    NumberOfReturns = 1 << 2,

    /// <summary>ASPRS class code, 0–31 in point formats 0–5, 0–255 in 6–10.</summary>
    Classification = 1 << 3,

    /// <summary>Synthetic, key point, withheld and overlap flags: <see cref="ClassificationFlags"/>.</summary>
    ClassificationFlags = 1 << 4,

    /// <summary>Scanner channel, 0–3 (point formats 6–10).</summary>
    ScannerChannel = 1 << 5,

    /// <summary>Scan direction flag, 0 or 1.</summary>
    ScanDirectionFlag = 1 << 6,

    /// <summary>Edge of flight line flag, 0 or 1.</summary>
    EdgeOfFlightLine = 1 << 7,

    /// <summary>Scan angle, degrees (whole degrees in formats 0–5, steps of 0.006° in 6–10).</summary>
    ScanAngle = 1 << 8,

    /// <summary>User data byte.</summary>
    UserData = 1 << 9,

    /// <summary>Point source (flight line) id.</summary>
    PointSourceId = 1 << 10,

    /// <summary>GPS time, seconds, as stored.</summary>
    GpsTime = 1 << 11,

    /// <summary>Red, green and blue, 16 bits each, as stored.</summary>
    Color = 1 << 12,

    /// <summary>Near infrared, 16 bits, as stored.</summary>
    Nir = 1 << 13,

    /// <summary>Row and column of the scan's own raster, from 0 (terrestrial scans: E57, PTX).</summary>
    RowColumn = 1 << 14,

    /// <summary>All of the above.</summary>
    All = (1 << 15) - 1,
}

/// <summary>The flag bits that stand beside the class code, as in byte 15 of point formats 6–10.</summary>
[Flags]
public enum ClassificationFlags : byte
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>Created by other means than laser measurement.</summary>
    Synthetic = 1,

    /// <summary>A model key point.</summary>
    KeyPoint = 2,

    /// <summary>Deleted: must not be used in processing.</summary>
    Withheld = 4,

    /// <summary>Within the overlap of two flight lines.</summary>
    Overlap = 8,
}
