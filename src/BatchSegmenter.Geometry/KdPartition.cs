using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchSegmenter.Geometry;

/// <summary>A point and its place in the input, sixteen bytes so that one vector moves it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct IndexedPoint(float X, float Y, float Z, int Index);

/// <summary>Orders points so that every sixteen of them are a leaf of a balanced k-d tree.</summary>
internal static class KdPartition
{
    /// <summary>
    /// Splits at the widest axis so that the left part holds the largest power of two of leaves, so that 16, 256, … consecutive leaves from a
    /// multiple of that number are whole subtrees. Points are finite. Within a leaf they ascend by index.
    /// </summary>
    public static void Partition(Span<IndexedPoint> points, int leaves)
    {
        while (leaves > 1)
        {
            int left = 1 << (31 - BitOperations.LeadingZeroCount((uint)(leaves - 1)));
            int middle = left * PointPacket.Size;
            Select(points, middle, WidestAxis(points));
            Partition(points[middle..], leaves - left);
            points = points[..middle];
            leaves = left;
        }
        for (int i = 1; i < points.Length; i++)
        {
            IndexedPoint point = points[i];
            int at = i;
            for (; at > 0 && points[at - 1].Index > point.Index; at--)
                points[at] = points[at - 1];
            points[at] = point;
        }
    }

    private static int WidestAxis(ReadOnlySpan<IndexedPoint> points)
    {
        ReadOnlySpan<Vector128<float>> vectors = MemoryMarshal.Cast<IndexedPoint, Vector128<float>>(points);
        Vector128<float> low = vectors[0], high = low;
        foreach (Vector128<float> point in vectors) // the fourth lane holds an index and is not looked at
        {
            low = Vector128.MinNative(low, point);
            high = Vector128.MaxNative(high, point);
        }
        Vector128<float> extent = high - low;
        float width = extent.GetElement(0), depth = extent.GetElement(1), height = extent.GetElement(2);
        return width >= depth && width >= height ? 0 : depth >= height ? 1 : 2;
    }

    /// <summary>Moves the points with the smallest keys before <paramref name="middle"/>, by quickselect with pivots from a sample.</summary>
    private static void Select(Span<IndexedPoint> points, int middle, int axis)
    {
        Span<float> sample = stackalloc float[63];
        int low = 0, high = points.Length;
        while (high - low > 2)
        {
            Span<float> chosen = sample[..(Math.Clamp((high - low) / 8, 2, 62) | 1)];
            for (int i = 0; i < chosen.Length; i++)
                chosen[i] = Coordinate(ref points[low + (int)((long)(high - low) * i / chosen.Length)], axis);
            chosen.Sort();
            float pivot = chosen[(int)((long)(middle - low) * chosen.Length / (high - low))];
            int split = low + MoveBelow(points[low..high], axis, pivot, orEqual: false);
            if (middle < split)
            {
                high = split;
                continue;
            }
            if (split == low)
            {
                split += MoveBelow(points[low..high], axis, pivot, orEqual: true);
                if (middle <= split)
                    return;
            }
            low = split;
            if (low == middle)
                return;
        }
        if (high - low == 2 && Coordinate(ref points[low + 1], axis) < Coordinate(ref points[low], axis))
            (points[low], points[low + 1]) = (points[low + 1], points[low]);
    }

    /// <summary>Moves the points below the pivot to the front and returns their number; without a branch on the data.</summary>
    private static int MoveBelow(Span<IndexedPoint> points, int axis, float pivot, bool orEqual)
    {
        ref IndexedPoint first = ref MemoryMarshal.GetReference(points);
        float strictPivot = orEqual ? MathF.BitIncrement(pivot) : pivot;
        nint below = 0;
        for (nint i = 0; i < points.Length; i++)
        {
            Vector128<float> point = Unsafe.As<IndexedPoint, Vector128<float>>(ref Unsafe.Add(ref first, i));
            float key = Coordinate(ref Unsafe.Add(ref first, i), axis);
            Unsafe.Add(ref first, i) = Unsafe.Add(ref first, below);
            Unsafe.As<IndexedPoint, Vector128<float>>(ref Unsafe.Add(ref first, below)) = point;
            below += key < strictPivot ? 1 : 0;
        }
        return (int)below;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Coordinate(ref IndexedPoint point, int axis) => Unsafe.Add(ref Unsafe.As<IndexedPoint, float>(ref point), axis);
}
