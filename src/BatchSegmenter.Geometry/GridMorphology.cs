using System.Buffers;
using System.Numerics;

namespace BatchSegmenter.Geometry;

/// <summary>Openings and closings of a height grid by squares; windows are clipped at the border.</summary>
/// <remarks>
/// The extremum of a window doubles its reach with every sweep (1, 2, 4, … values), so that a window of w costs log2(w) vector sweeps over a
/// line that stays in the cache. Down the columns a strip of columns is one line whose neighbours lie a strip's width apart.
/// </remarks>
internal static class GridMorphology
{
    private const int Strip = 32;

    /// <summary>Erodes, then dilates by a square of 2 × half + 1 cells (or the other way round for a closing), in place.</summary>
    /// <param name="grid">Heights, row after row; no NaN.</param>
    /// <param name="columns">Cells in a row.</param>
    /// <param name="half">Half of the window's width in cells, without the centre.</param>
    /// <param name="closing">Dilate first.</param>
    public static void Open(Span<float> grid, int columns, int half, bool closing = false)
    {
        if (grid.IsEmpty)
            return;
        int rows = grid.Length / columns;
        float[] line = ArrayPool<float>.Shared.Rent(Math.Max(columns + 2 * half, (rows + 2 * half) * Strip));
        for (int row = 0; row < rows; row++)
            SlideRow(grid.Slice(row * columns, columns), line, half, closing);
        for (int first = 0; first < columns; first += Strip)
            SlideStrip(grid, columns, first, Math.Min(Strip, columns - first), line, half, closing);
        for (int row = 0; row < rows; row++)
            SlideRow(grid.Slice(row * columns, columns), line, half, !closing);
        ArrayPool<float>.Shared.Return(line);
    }

    private static void SlideRow(Span<float> row, Span<float> line, int half, bool largest)
    {
        line = line[..(row.Length + 2 * half)];
        row.CopyTo(line[half..]);
        Pad(line, half, largest);
        Slide(line, 1, 2 * half + 1, largest);
        line[..row.Length].CopyTo(row);
    }

    /// <summary>Both passes down some columns at once.</summary>
    private static void SlideStrip(Span<float> grid, int columns, int first, int width, Span<float> line, int half, bool largest)
    {
        int rows = grid.Length / columns, margin = half * width;
        line = line[..(rows * width + 2 * margin)];
        for (int row = 0; row < rows; row++)
            grid.Slice(row * columns + first, width).CopyTo(line[(margin + row * width)..]);
        Pad(line, margin, largest);
        Slide(line, width, 2 * half + 1, largest);
        line[..(rows * width)].CopyTo(line[margin..]);
        Pad(line, margin, !largest);
        Slide(line, width, 2 * half + 1, !largest);
        for (int row = 0; row < rows; row++)
            line.Slice(row * width, width).CopyTo(grid[(row * columns + first)..]);
    }

    private static void Pad(Span<float> line, int margin, bool largest)
    {
        float neutral = largest ? float.NegativeInfinity : float.PositiveInfinity;
        line[..margin].Fill(neutral);
        line[^margin..].Fill(neutral);
    }

    /// <summary>Replaces each value by the extremum of itself and the values 1, 2, …, window - 1 strides after it.</summary>
    internal static void Slide(Span<float> line, int stride, int window, bool largest)
    {
        int reach = 1;
        for (; 2 * reach <= window; reach *= 2)
            Combine(line, reach * stride, largest);
        if (reach < window)
            Combine(line, (window - reach) * stride, largest);
    }

    private static void Combine(Span<float> line, int shift, bool largest)
    {
        Span<float> target = line[..^shift];
        ReadOnlySpan<float> ahead = line[shift..]; // read before it is written, since the sweep ascends
        int i = 0;
        for (; i <= target.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> a = new(target[i..]), b = new(ahead[i..]);
            (largest ? Vector.MaxNative(a, b) : Vector.MinNative(a, b)).CopyTo(target[i..]);
        }
        for (; i < target.Length; i++)
            target[i] = largest ? MathF.Max(target[i], ahead[i]) : MathF.Min(target[i], ahead[i]);
    }
}
