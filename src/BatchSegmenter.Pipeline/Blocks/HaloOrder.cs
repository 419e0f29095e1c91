using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// An order of a halo's points that depends on the points alone: not on the files that they come from, nor on the order of those. A tile that two
/// files share the surroundings of is then the same to the last bit, however the survey is cut into files.
/// </summary>
internal static class HaloOrder
{
    /// <summary>Sorts the points from <paramref name="first"/> on by x, then y, then z, then by their attributes; those that are equal in all are one as good as the other.</summary>
    /// <param name="points">Finite positions; every attribute that a <see cref="PointColumns"/> of the pipeline has is compared.</param>
    /// <param name="first">Points before it stay.</param>
    public static void Sort(PointColumns points, int first)
    {
        int count = points.Count - first;
        if (count < 2) return;
        int[] order = new int[count];
        for (int i = 0; i < count; i++) order[i] = first + i;
        double[] x = points.X.AsSpan(first, count).ToArray();
        Array.Sort(x, order);
        for (int start = 0, end; start < count; start = end)
        {
            for (end = start + 1; end < count && x[end] == x[start]; end++) { }
            if (end > start + 1) order.AsSpan(start, end - start).Sort((a, b) => Compare(points, a, b));
        }

        PointColumns sorted = new(count, points.Attributes);
        sorted.Append(points, order);
        points.Count = first;
        points.Append(sorted);
    }

    private static int Compare(PointColumns points, int a, int b)
    {
        int order = points.Y[a].CompareTo(points.Y[b]);
        if (order == 0) order = points.Z[a].CompareTo(points.Z[b]);
        if (order == 0) order = Compare(points.Intensity, a, b);
        if (order == 0) order = Compare(points.ReturnNumber, a, b);
        if (order == 0) order = Compare(points.NumberOfReturns, a, b);
        if (order == 0) order = Compare(points.Red, a, b);
        if (order == 0) order = Compare(points.Green, a, b);
        if (order == 0) order = Compare(points.Blue, a, b);
        return order;
    }

    private static int Compare<T>(T[]? values, int a, int b) where T : IComparable<T> => values is null ? 0 : values[a].CompareTo(values[b]);
}
