namespace BatchSegmenter.Formats.Text;

/// <summary>What groups the lines of a text.</summary>
internal enum TextKind
{
    /// <summary>Nothing: every line is a point.</summary>
    Plain,

    /// <summary>Blocks (PTS), each led by a line with the number of its points.</summary>
    Pts,

    /// <summary>Scans (PTX), each led by ten lines: columns, rows, scanner position, three axes, a 4 × 4 matrix.</summary>
    Ptx,
}
