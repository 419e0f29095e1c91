namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>What is compared with what, and which classes count.</summary>
public sealed record EvaluationOptions
{
    /// <summary>Codes that no truth should be judged by: never classified, unclassified, low noise, high noise.</summary>
    public static IReadOnlyList<byte> DefaultIgnore { get; } = [0, 1, 7, 18];

    /// <summary>A LAS, LAZ or Parquet file, a folder of them, or the output folder of a run.</summary>
    public required string Predicted { get; init; }

    /// <summary>A LAS, LAZ or Parquet file, or a folder of them.</summary>
    public required string Truth { get; init; }

    /// <summary>Codes replaced before anything is compared, on both sides, in one step (5=2 and 3=5 do not chain).</summary>
    public IReadOnlyDictionary<byte, byte> Map { get; init; } = new Dictionary<byte, byte>();

    /// <summary>Codes (after the map) whose truth points are left out; what is predicted there does not matter.</summary>
    public IReadOnlyCollection<byte> Ignore { get; init; } = DefaultIgnore;

    /// <summary>Reads one <c>FROM=TO</c> of two codes from 0 to 255.</summary>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static KeyValuePair<byte, byte> ParseMapping(string text)
    {
        int equals = text.IndexOf('=');
        if (equals > 0 && byte.TryParse(text.AsSpan(0, equals), out byte from) && byte.TryParse(text.AsSpan(equals + 1), out byte to))
            return new(from, to);
        throw new FormatException($"'{text}' is no mapping of classes; expected FROM=TO with codes from 0 to 255, such as 3=5.");
    }

    /// <summary>The map as a table of 256 codes.</summary>
    internal byte[] MapTable()
    {
        byte[] table = new byte[256];
        for (int code = 0; code < 256; code++) table[code] = Map.GetValueOrDefault((byte)code, (byte)code);
        return table;
    }
}
