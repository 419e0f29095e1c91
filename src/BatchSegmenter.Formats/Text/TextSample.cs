namespace BatchSegmenter.Formats.Text;

/// <summary>Looks at lines all over a file to tell the scale of its intensities and colours.</summary>
internal static class TextSample
{
    private const int Places = 16;
    private const int LinesOfPlace = 1000;

    /// <summary>Digits of the greatest 8-bit value: a colour written with more, leading zeros too, is of 16 bits.</summary>
    private const int MostDigitsOfByte = 3;

    /// <summary>The table with the scales that the file's numbers show.</summary>
    public static TextTable Scale(TextTable table, TextLines lines)
    {
        if (table.Kind == TextKind.Ptx) return table with { Intensity = TextScaling.Unit, Color = TextScaling.Byte };
        if (!table.Columns.Any(column => column.IsColor || column.Name == "intensity")) return table;
        Extent intensity = new(), color = new();
        foreach (int place in Enumerable.Range(0, Places))
        {
            long offset = lines.StreamLength / Places * place;
            lines.MoveTo(offset);
            try
            {
                if (offset > 0) lines.TryRead(out _); // the rest of a line
                Look(table, lines, intensity, color);
            }
            catch (InvalidPointCloudException)
            {
                // A line without end, which is told by the pass that counts, with its number.
            }
        }

        TextScaling colors = color.IsUnit ? TextScaling.Unit : color.Max > byte.MaxValue || color.Digits > MostDigitsOfByte ? TextScaling.None : TextScaling.Byte;
        return table with
        {
            Intensity = intensity.IsUnit ? TextScaling.Unit
                : (table.Kind == TextKind.Pts || intensity.Min < 0) && intensity.Min >= -2048 && intensity.Max <= 2047 ? TextScaling.Cyclone
                : TextScaling.None,
            Color = colors,
            Columns = [.. table.Columns.Select(column => column.IsColor ? column with { Max = ushort.MaxValue / colors.Factor is var max && colors == TextScaling.Byte ? byte.MaxValue : max } : column)],
        };
    }

    private static void Look(TextTable table, TextLines lines, Extent intensity, Extent color)
    {
        TextLineParser parser = new(table.Dialect, table.Columns, 1, table.LongLine is not null);
        double[] values = new double[parser.Read.Length];
        List<Range> fields = [];
        for (int i = 0; i < LinesOfPlace && lines.TryRead(out ReadOnlySpan<byte> line); i++)
        {
            line = TextRecords.Trim(line);
            if (TextRecords.IsSilent(line) || !parser.TryParse(line, values, 0)) continue;
            for (int column = 0; column < values.Length; column++)
                (parser.Read[column].IsColor ? color : parser.Read[column].Name == "intensity" ? intensity : null)?.Add(values[column]);
            table.Dialect.Split(line, fields);
            for (int column = 0; column < table.Columns.Length && column < fields.Count; column++)
                if (table.Columns[column].IsColor && TextRecords.IsCount(line[fields[column]], out _))
                    color.Digits = Math.Max(color.Digits, line[fields[column]].Length);
        }
    }

    private sealed class Extent
    {
        public double Min { get; private set; } = double.PositiveInfinity;

        public double Max { get; private set; } = double.NegativeInfinity;

        public int Digits { get; set; }

        public bool IsUnit => _hasFraction && Min >= 0 && Max <= 1;

        private bool _hasFraction;

        public void Add(double value)
        {
            if (double.IsNaN(value)) return;
            Min = Math.Min(Min, value);
            Max = Math.Max(Max, value);
            _hasFraction |= value != Math.Floor(value);
        }
    }
}
