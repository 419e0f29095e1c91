using System.Globalization;

namespace BatchSegmenter.Pipeline.Options;

/// <summary>Amounts that a pipeline file gives as text with a unit.</summary>
internal static class Quantity
{
    /// <summary>Bytes such as <c>2GiB</c>, <c>800MB</c> or <c>1048576</c>; 0 for <c>auto</c>; null where the text is none of these.</summary>
    public static long? ParseBytes(string text)
    {
        if (text == "auto") return 0;
        int digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.')) digits++;
        double? unit = text[digits..].Trim() switch
        {
            "" or "B" => 1,
            "KiB" => 1L << 10,
            "MiB" => 1L << 20,
            "GiB" => 1L << 30,
            "TiB" => 1L << 40,
            "kB" or "KB" => 1e3,
            "MB" => 1e6,
            "GB" => 1e9,
            "TB" => 1e12,
            _ => null,
        };
        bool valid = double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        return valid && number * unit is >= 1 and < 1L << 60 and double bytes ? (long)bytes : null;
    }

    /// <summary>A time above zero such as <c>90s</c>, <c>30m</c> or <c>2h</c>; null where the text is none.</summary>
    public static TimeSpan? ParseTime(string text)
    {
        double? unit = text.Length == 0 ? null : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, _ => null };
        bool valid = double.TryParse(text.AsSpan(0, Math.Max(0, text.Length - 1)), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        return valid && number * unit is > 0 and < 1e9 and double seconds ? TimeSpan.FromSeconds(seconds) : null;
    }
}
