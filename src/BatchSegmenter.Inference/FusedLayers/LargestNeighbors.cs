using System.Numerics;
using BatchSegmenter.Onnx.Fusion;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary><see cref="FusedOperator.LargestNeighbors"/>: what is gathered is compared at once and kept nowhere.</summary>
internal static unsafe class LargestNeighbors
{
    private const int GroupsAtOnce = 64;

    /// <summary>Computes a node.</summary>
    /// <exception cref="InvalidOperationException">Shapes do not fit, or an index points outside.</exception>
    public static void Run(nint context)
    {
        (KernelTensor points, KernelTensor neighbors) = (RuntimeApi.Input(context, 0), RuntimeApi.Input(context, 1));
        if (points.Rows is not { } pointCount || neighbors.Rows is not { } groups || neighbors.Columns == 0)
            throw new InvalidOperationException($"points [{points.Rows}, {points.Columns}] and neighbours [{neighbors.Rows}, {neighbors.Columns}] do not fit each other");
        FusedRows.Check(new ReadOnlySpan<int>((int*)neighbors.Contents, groups * neighbors.Columns), pointCount);
        Node node = new()
        {
            Points = (float*)points.Contents,
            Neighbors = (int*)neighbors.Contents,
            Result = RuntimeApi.Output(context, groups, points.Columns),
            Width = points.Columns,
            NeighborCount = neighbors.Columns,
        };
        FusedWork.Run(context, node, groups, GroupsAtOnce, scratch: 0);
    }

    /// <summary>The largest of some rows, column by column.</summary>
    private static void Largest(float* points, ReadOnlySpan<int> rows, int width, float* result)
    {
        int i = 0;
        for (; i <= width - 4 * Vector<float>.Count; i += 4 * Vector<float>.Count)
        {
            float* it = points + (nint)rows[0] * width + i;
            Vector<float> a = Vector.Load(it), b = Vector.Load(it + Vector<float>.Count), c = Vector.Load(it + 2 * Vector<float>.Count), d = Vector.Load(it + 3 * Vector<float>.Count);
            foreach (int row in rows[1..])
            {
                it = points + (nint)row * width + i;
                a = Vector.MaxNative(a, Vector.Load(it));
                b = Vector.MaxNative(b, Vector.Load(it + Vector<float>.Count));
                c = Vector.MaxNative(c, Vector.Load(it + 2 * Vector<float>.Count));
                d = Vector.MaxNative(d, Vector.Load(it + 3 * Vector<float>.Count));
            }
            a.Store(result + i);
            b.Store(result + i + Vector<float>.Count);
            c.Store(result + i + 2 * Vector<float>.Count);
            d.Store(result + i + 3 * Vector<float>.Count);
        }
        for (; i < width; i++)
        {
            float largest = points[(nint)rows[0] * width + i];
            foreach (int row in rows[1..]) largest = float.MaxNative(largest, points[(nint)row * width + i]);
            result[i] = largest;
        }
    }

    private struct Node : IFusedNode
    {
        public float* Points;
        public int* Neighbors;
        public float* Result;
        public int Width;
        public int NeighborCount;

        public readonly void Compute(int first, int count, float* scratch)
        {
            for (nint group = first; group < first + count; group++)
            {
                ReadOnlySpan<int> own = new(Neighbors + group * NeighborCount, NeighborCount);
                Largest(Points, own[..FusedRows.Distinct(own)], Width, Result + group * Width);
            }
        }
    }
}
