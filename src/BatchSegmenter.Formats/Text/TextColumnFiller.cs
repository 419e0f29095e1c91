using System.Numerics;

namespace BatchSegmenter.Formats.Text;

/// <summary>Puts a block of numbers into the caller's columns.</summary>
/// <param name="table">How the text is understood.</param>
internal sealed class TextColumnFiller(TextTable table)
{
    private readonly HashSet<string> _filled = [];

    /// <summary>Appends the first <paramref name="points"/> numbers of each read column; attributes that there are none of become 0.</summary>
    /// <param name="read">The columns that the block has.</param>
    /// <param name="values">The block; the values of the n-th column begin at n · <paramref name="runLines"/>.</param>
    /// <param name="runLines">Lines that the block has room for.</param>
    /// <param name="points">Points in it.</param>
    /// <param name="columns">Receives them.</param>
    public void Append(TextColumn[] read, double[] values, int runLines, int points, PointColumns columns)
    {
        int start = columns.Count;
        columns.EnsureCapacity(checked(start + points));
        _filled.Clear();
        for (int i = 0; i < read.Length; i++)
        {
            Fill(read[i].Name, values.AsSpan(i * runLines, points), columns, start);
            _filled.Add(read[i].Name);
        }

        // A reused array may hold what the caller read before.
        foreach ((string name, Array column) in AttributeColumns.Of(columns))
            if (!_filled.Contains(name)) Array.Clear(column, start, points);
        columns.Count += points;
    }

    private void Fill(string name, ReadOnlySpan<double> values, PointColumns columns, int start)
    {
        switch (name)
        {
            case "x": values.CopyTo(columns.X.AsSpan(start)); break;
            case "y": values.CopyTo(columns.Y.AsSpan(start)); break;
            case "z": values.CopyTo(columns.Z.AsSpan(start)); break;
            case "intensity": Scale(values, columns.Intensity, start, table.Intensity); break;
            case "red": Scale(values, columns.Red, start, table.Color); break;
            case "green": Scale(values, columns.Green, start, table.Color); break;
            case "blue": Scale(values, columns.Blue, start, table.Color); break;
            case "nir": Scale(values, columns.Nir, start, TextScaling.None); break;
            case "return_number": Round(values, columns.ReturnNumber, start); break;
            case "number_of_returns": Round(values, columns.NumberOfReturns, start); break;
            case "classification": Round(values, columns.Classification, start); break;
            case "classification_flags":
                if (columns.ClassificationFlags is { } flags)
                    for (int i = 0; i < values.Length; i++) flags[start + i] = (ClassificationFlags)(byte)Math.Round(values[i]);
                break;
            case "scanner_channel": Round(values, columns.ScannerChannel, start); break;
            case "scan_direction_flag": Round(values, columns.ScanDirectionFlag, start); break;
            case "edge_of_flight_line": Round(values, columns.EdgeOfFlightLine, start); break;
            case "scan_angle":
                if (columns.ScanAngle is { } angles)
                    for (int i = 0; i < values.Length; i++) angles[start + i] = (float)values[i];
                break;
            case "user_data": Round(values, columns.UserData, start); break;
            case "point_source_id": Round(values, columns.PointSourceId, start); break;
            case "gps_time":
                if (columns.GpsTime is { } times) values.CopyTo(times.AsSpan(start));
                break;
            case "row": Round(values, columns.Row, start); break;
            case "column": Round(values, columns.Column, start); break;
        }
    }

    private static void Scale(ReadOnlySpan<double> values, ushort[]? column, int start, TextScaling scaling)
    {
        if (column is null) return;
        (double offset, double factor) = (scaling.Offset, scaling.Factor);
        Span<ushort> target = column.AsSpan(start, values.Length);
        for (int i = 0; i < values.Length; i++)
            target[i] = (ushort)Math.Min(ushort.MaxValue, Math.Max(0, Math.Round((values[i] + offset) * factor)));
    }

    private static void Round<T>(ReadOnlySpan<double> values, T[]? column, int start)
        where T : IBinaryInteger<T>
    {
        if (column is null) return;
        Span<T> target = column.AsSpan(start, values.Length);
        for (int i = 0; i < values.Length; i++) target[i] = T.CreateSaturating(Math.Round(values[i]));
    }
}
