using System.Numerics;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Parquet.Writing;

/// <summary>The least and the greatest value of a column, by which readers leave out row groups that a query cannot meet.</summary>
internal static class ColumnBounds
{
    /// <summary>
    /// Finds the bounds as Parquet wants them: none where a value is NaN, which no bound could hold; a zero of floating point is the negative one
    /// below and the positive one above, since either may be among the values.
    /// </summary>
    /// <param name="values">Values without nulls.</param>
    /// <param name="min">The least.</param>
    /// <param name="max">The greatest.</param>
    /// <returns>Whether there are bounds; not of no values.</returns>
    public static bool TryFind<T>(ReadOnlySpan<T> values, out T min, out T max)
        where T : unmanaged, INumber<T>
    {
        (min, max) = (T.Zero, T.Zero);
        if (values.IsEmpty) return false;
        min = max = values[0];
        bool isOrdered = true;
        ReadOnlySpan<Vector<T>> vectors = MemoryMarshal.Cast<T, Vector<T>>(values);
        if (!vectors.IsEmpty)
        {
            // The native forms do not care for NaN, which is looked for beside them.
            Vector<T> low = vectors[0], high = low, ordered = Vector<T>.AllBitsSet;
            foreach (Vector<T> vector in vectors)
            {
                low = Vector.MinNative(low, vector);
                high = Vector.MaxNative(high, vector);
                ordered &= Vector.Equals(vector, vector);
            }

            isOrdered = Vector.EqualsAll(ordered.As<T, byte>(), Vector<byte>.AllBitsSet);
            for (int lane = 0; lane < Vector<T>.Count; lane++) (min, max) = (T.Min(min, low[lane]), T.Max(max, high[lane]));
        }

        foreach (T value in values[(vectors.Length * Vector<T>.Count)..])
        {
            (min, max) = (T.Min(min, value), T.Max(max, value));
            isOrdered &= !T.IsNaN(value);
        }

        if (T.IsZero(min)) min = -T.Zero;
        if (T.IsZero(max)) max = T.Zero;
        return isOrdered;
    }
}
