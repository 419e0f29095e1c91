namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// What the first layer of a point tells the others. Layers are decoded one after another over a run of points, so this is
/// kept for each point of the run.
/// </summary>
internal struct PointTrace
{
    /// <summary>The scanner channel: the context of the point's own layers.</summary>
    public byte Channel;

    /// <summary>The context of colours, wave packets and extra bytes.</summary>
    public byte ItemContext;

    /// <summary>Return number (bits 0–3), number of returns (4–7).</summary>
    public byte Returns;

    /// <summary>1 where the point is the last of its pulse, plus 2 where it is the first.</summary>
    public byte ReturnPlace;

    /// <summary>Mean number of bits of the correctors of x and y.</summary>
    public byte Bits;

    /// <summary>1 where the time differs from that of the point before, else 0.</summary>
    public byte TimeChanged;

    /// <summary>Whether the scan angle differs from that of the point before.</summary>
    public bool AngleChanged;

    /// <summary>Whether the flight line differs from that of the point before.</summary>
    public bool SourceChanged;
}
