namespace BatchSegmenter.Formats.Text;

/// <summary>The ten lines that lead a scan of a PTX file.</summary>
/// <param name="Columns">Columns of the scan's raster; shots stand column by column.</param>
/// <param name="Rows">Rows of the scan's raster.</param>
/// <param name="Matrix">The 4 × 4 matrix, row by row, that a shot (x y z 1), a row vector, is multiplied by.</param>
internal sealed record PtxScan(int Columns, int Rows, double[] Matrix)
{
    /// <summary>Numbers in each of the ten lines.</summary>
    private static ReadOnlySpan<byte> Lengths => [1, 1, 3, 3, 3, 3, 4, 4, 4, 4];

    private const int MatrixLine = 6;

    /// <summary>Lines that lead a scan.</summary>
    public const int HeaderLines = 10;

    /// <summary>Shots, with a return or without.</summary>
    public long Shots => (long)Columns * Rows;

    /// <summary>Whether lines can lead a scan: as many numbers each as they should have.</summary>
    public static bool IsHeader(IReadOnlyList<byte[]> lines)
    {
        if (lines.Count < HeaderLines) return false;
        for (int i = 0; i < HeaderLines; i++)
            if (!TryParseLine(lines[i], i, new double[Lengths[i]])) return false;
        return true;
    }

    /// <summary>Numbers of the header line <paramref name="index"/>, or null where they are not those expected.</summary>
    public static double[]? ParseLine(ReadOnlySpan<byte> line, int index)
    {
        double[] numbers = new double[Lengths[index]];
        return TryParseLine(line, index, numbers) ? numbers : null;
    }

    /// <summary>The scan of ten parsed lines.</summary>
    public static PtxScan Of(IReadOnlyList<double[]> lines) =>
        new((int)lines[0][0], (int)lines[1][0], [.. lines.Skip(MatrixLine).SelectMany(numbers => numbers)]);

    /// <summary>What the header line <paramref name="index"/> should hold.</summary>
    public static string Expected(int index) => index switch
    {
        0 => "the number of columns of a PTX scan",
        1 => "the number of rows of a PTX scan",
        2 => "the scanner's position (3 numbers)",
        < MatrixLine => "an axis of the scanner (3 numbers)",
        _ => "a row of the scan's matrix (4 numbers)",
    };

    /// <summary>Moves points into the system that the matrix leads to.</summary>
    public void Transform(Span<double> x, Span<double> y, Span<double> z)
    {
        double[] m = Matrix;
        for (int i = 0; i < x.Length; i++)
        {
            (double px, double py, double pz) = (x[i], y[i], z[i]);
            x[i] = px * m[0] + py * m[4] + pz * m[8] + m[12];
            y[i] = px * m[1] + py * m[5] + pz * m[9] + m[13];
            z[i] = px * m[2] + py * m[6] + pz * m[10] + m[14];
        }
    }

    private static bool TryParseLine(ReadOnlySpan<byte> line, int index, double[] numbers)
    {
        TextDialect dialect = TextDialect.Spaces;
        int at = dialect.SkipBlanks(line, 0);
        for (int i = 0; i < numbers.Length; i++)
        {
            int start = at;
            if (!DecimalNumber.TryRead(line, ref at, dialect.Point, out numbers[i]) || !double.IsFinite(numbers[i])) return false;
            at = dialect.SkipBlanks(line, at);
            if (at == start) return false;
        }

        return at == line.Length && (index > 1 || (numbers[0] >= 0 && numbers[0] <= int.MaxValue && numbers[0] == Math.Floor(numbers[0])));
    }
}
