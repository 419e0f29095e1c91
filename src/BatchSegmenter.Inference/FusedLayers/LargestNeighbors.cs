using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
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
            Groups = groups,
            NeighborCount = neighbors.Columns,
        };
        RuntimeApi.ParallelFor(context, &Some, (groups + GroupsAtOnce - 1) / GroupsAtOnce, &node);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Some(void* state, nint part)
    {
        ref Node node = ref *(Node*)state;
        int first = (int)part * GroupsAtOnce;
        for (int group = first; group < Math.Min(first + GroupsAtOnce, node.Groups); group++)
            Largest(node.Points, new ReadOnlySpan<int>(node.Neighbors + (nint)group * node.NeighborCount, node.NeighborCount), node.Width, node.Result + (nint)group * node.Width);
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

    private struct Node
    {
        public float* Points;
        public int* Neighbors;
        public float* Result;
        public int Width;
        public int Groups;
        public int NeighborCount;
    }
}
