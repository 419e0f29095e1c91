namespace BatchSegmenter.Formats.E57;

/// <summary>How a field's values become 16-bit numbers: by the scan's limits, else by the field's own range.</summary>
internal readonly record struct E57Scaling(double Lower, double Factor)
{
    /// <summary>The limits onto 0–65535. Without limits a float is taken as 0–1, and an integer as it is.</summary>
    public static E57Scaling OfIntensity(E57Scan scan, E57Field field) => From(scan, field, "intensityMinimum", "intensityMaximum", byteFactor: null);

    /// <summary>The limits onto 0–65535, but 0–255 by a factor of 256 as everywhere with colours of 8 bits.</summary>
    public static E57Scaling OfColor(E57Scan scan, E57Field field) => From(scan, field, $"{field.Name}Minimum", $"{field.Name}Maximum", byteFactor: 256);

    /// <summary>Scales values, rounded and kept within 0–65535; 0 for what is no number.</summary>
    public void Apply(ReadOnlySpan<double> values, Span<ushort> target)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double scaled = (values[i] - Lower) * Factor + 0.5;
            target[i] = scaled >= ushort.MaxValue ? ushort.MaxValue : scaled > 0 ? (ushort)scaled : (ushort)0;
        }
    }

    private static E57Scaling From(E57Scan scan, E57Field field, string minimum, string maximum, double? byteFactor)
    {
        double lower = scan.Limits.GetValueOrDefault(minimum, double.NaN), upper = scan.Limits.GetValueOrDefault(maximum, double.NaN);
        if (!IsRange(lower, upper)) (lower, upper) = (field.Lower, field.Upper);
        if (!IsRange(lower, upper)) (lower, upper) = field.Type == E57FieldType.Integer ? (0, ushort.MaxValue) : (0, 1);
        return new E57Scaling(lower, lower == 0 && upper == byte.MaxValue && byteFactor is { } factor ? factor : ushort.MaxValue / (upper - lower));
    }

    private static bool IsRange(double lower, double upper) => double.IsFinite(upper - lower) && upper > lower;
}
