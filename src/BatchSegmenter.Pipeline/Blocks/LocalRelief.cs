using System.Buffers;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// Lowest and highest point in square windows around each point, from a raster of minima and maxima. Roofs end in steps, façades have
/// points far above and below, crowns have both: this is what a surveyor sees in a hillshade.
/// </summary>
public static class LocalRelief
{
    /// <summary>
    /// Fills <paramref name="low"/> and <paramref name="high"/> with the least and the greatest z of all points whose cell lies within
    /// <paramref name="radius"/> cells of the point's own, which is part of its window. Empty input does nothing.
    /// </summary>
    /// <param name="x">Metres, finite.</param>
    /// <param name="y">Metres, finite.</param>
    /// <param name="z">Metres, finite.</param>
    /// <param name="cell">Edge of a raster cell, metres.</param>
    /// <param name="radius">Half-width of the window, cells, at least 0.</param>
    /// <param name="low">A value per point.</param>
    /// <param name="high">A value per point.</param>
    public static void Measure(
        ReadOnlySpan<float> x, ReadOnlySpan<float> y, ReadOnlySpan<float> z, float cell, int radius, Span<float> low, Span<float> high)
    {
        if (x.IsEmpty) return;
        (float minX, float maxX) = Range(x);
        (float minY, float maxY) = Range(y);
        int columns = (int)((maxX - minX) / cell) + 1;
        int rows = (int)((maxY - minY) / cell) + 1;
        float[] least = ArrayPool<float>.Shared.Rent(columns * rows);
        float[] greatest = ArrayPool<float>.Shared.Rent(columns * rows);
        float[] scratch = ArrayPool<float>.Shared.Rent(columns * rows);
        least.AsSpan(0, columns * rows).Fill(float.PositiveInfinity);
        greatest.AsSpan(0, columns * rows).Fill(float.NegativeInfinity);
        for (int i = 0; i < x.Length; i++)
        {
            int at = (int)((y[i] - minY) / cell) * columns + (int)((x[i] - minX) / cell);
            least[at] = MathF.Min(least[at], z[i]);
            greatest[at] = MathF.Max(greatest[at], z[i]);
        }

        for (int r = 0; r < radius; r++)
        {
            Grow(least, scratch, columns, rows, lower: true);
            Grow(greatest, scratch, columns, rows, lower: false);
        }

        for (int i = 0; i < x.Length; i++)
        {
            int at = (int)((y[i] - minY) / cell) * columns + (int)((x[i] - minX) / cell);
            low[i] = least[at];
            high[i] = greatest[at];
        }

        ArrayPool<float>.Shared.Return(least);
        ArrayPool<float>.Shared.Return(greatest);
        ArrayPool<float>.Shared.Return(scratch);
    }

    /// <summary>One step of a 3×3 erosion (or dilation), rows then columns; r steps make a window of half-width r.</summary>
    private static void Grow(float[] values, float[] scratch, int columns, int rows, bool lower)
    {
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> from = values.AsSpan(row * columns, columns);
            Span<float> to = scratch.AsSpan(row * columns, columns);
            for (int i = 0; i < columns; i++)
            {
                float left = from[Math.Max(i - 1, 0)], right = from[Math.Min(i + 1, columns - 1)];
                to[i] = lower ? MathF.Min(from[i], MathF.Min(left, right)) : MathF.Max(from[i], MathF.Max(left, right));
            }
        }

        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> below = scratch.AsSpan(Math.Max(row - 1, 0) * columns, columns);
            ReadOnlySpan<float> own = scratch.AsSpan(row * columns, columns);
            ReadOnlySpan<float> above = scratch.AsSpan(Math.Min(row + 1, rows - 1) * columns, columns);
            Span<float> to = values.AsSpan(row * columns, columns);
            for (int i = 0; i < columns; i++)
                to[i] = lower ? MathF.Min(own[i], MathF.Min(below[i], above[i])) : MathF.Max(own[i], MathF.Max(below[i], above[i]));
        }
    }

    private static (float Min, float Max) Range(ReadOnlySpan<float> values)
    {
        float min = values[0], max = values[0];
        foreach (float value in values)
        {
            min = MathF.Min(min, value);
            max = MathF.Max(max, value);
        }

        return (min, max);
    }
}
