namespace BatchSegmenter.Formats.Laz;

/// <summary>How the points of a LAZ file are stored.</summary>
internal enum LazCompressor
{
    /// <summary>As they are.</summary>
    None = 0,

    /// <summary>Point by point, in one stream.</summary>
    Pointwise = 1,

    /// <summary>Point by point, in chunks that stand by themselves.</summary>
    PointwiseChunked = 2,

    /// <summary>In chunks, with a stream per field.</summary>
    LayeredChunked = 3,
}
