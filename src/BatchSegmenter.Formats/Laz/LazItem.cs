namespace BatchSegmenter.Formats.Laz;

/// <summary>A part of the point record that is coded by itself.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Size">Bytes per point.</param>
/// <param name="Version">Generation of its coding.</param>
internal readonly record struct LazItem(LazItemType Type, int Size, int Version)
{
    /// <summary>Layers of the 30 bytes of point format 6.</summary>
    public const int PointLayers = 9;

    /// <summary>Layers of the item where fields have a stream each.</summary>
    public int Layers => Type switch
    {
        LazItemType.Point14 => PointLayers,
        LazItemType.RgbNir14 => 2,
        LazItemType.Byte14 => Size,
        _ => 1,
    };
}

/// <summary>The items of the «laszip encoded» record, by their numbers there.</summary>
internal enum LazItemType
{
    /// <summary>Extra bytes of point formats 0–5.</summary>
    Byte = 0,

    /// <summary>The 20 bytes of point format 0.</summary>
    Point10 = 6,

    /// <summary>GPS time of point formats 1–5.</summary>
    GpsTime11 = 7,

    /// <summary>Colours of point formats 2–5.</summary>
    Rgb12 = 8,

    /// <summary>Wave packets of point formats 4 and 5.</summary>
    WavePacket13 = 9,

    /// <summary>The 30 bytes of point format 6.</summary>
    Point14 = 10,

    /// <summary>Colours of point format 7.</summary>
    Rgb14 = 11,

    /// <summary>Colours and near infrared of point formats 8 and 10.</summary>
    RgbNir14 = 12,

    /// <summary>Wave packets of point formats 9 and 10.</summary>
    WavePacket14 = 13,

    /// <summary>Extra bytes of point formats 6–10.</summary>
    Byte14 = 14,
}
