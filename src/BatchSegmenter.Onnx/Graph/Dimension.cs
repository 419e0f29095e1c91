using System.Globalization;

namespace BatchSegmenter.Onnx.Graph;

/// <summary>
/// The extent of one axis: a number fixed by the model, or a symbol that stands for the same unknown number wherever
/// it occurs. The default value is an unnamed unknown.
/// </summary>
/// <param name="Size">The extent, or null where it is known only when the model runs.</param>
/// <param name="Symbol">The name of the unknown extent, or null.</param>
public readonly record struct Dimension(long? Size, string? Symbol)
{
    /// <summary>A fixed extent.</summary>
    public static implicit operator Dimension(long size) => new(size, null);

    /// <summary>A named unknown extent.</summary>
    public static implicit operator Dimension(string symbol) => new(null, symbol);

    /// <inheritdoc/>
    public override string ToString() => Size?.ToString(CultureInfo.InvariantCulture) ?? Symbol ?? "?";
}
