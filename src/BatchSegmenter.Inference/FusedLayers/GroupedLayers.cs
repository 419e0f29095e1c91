using System.Numerics.Tensors;
using BatchSegmenter.Onnx.Fusion;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>
/// <see cref="FusedOperator.GroupedLayers"/>: a few groups at a time are gathered, passed through all layers and reduced to their largest, without leaving the
/// nearest caches. Neighbours that repeat the first one at the end of a group, which stand there where fewer are within the radius, are left out: they change no
/// maximum, and on surveys and in rooms are about half of all.
/// </summary>
internal static unsafe class GroupedLayers
{
    /// <summary>How often the buffers are filled before other threads may take over: where groups are short, fewer fillings are needed.</summary>
    private const int PassesAtOnce = 4;

    /// <summary>Rows that groups pass through the layers.</summary>
    /// <param name="neighbors">[groups, <paramref name="neighborCount"/>].</param>
    /// <param name="neighborCount">Neighbours of a group, at least 1.</param>
    public static long RowsOf(ReadOnlySpan<int> neighbors, int neighborCount)
    {
        long rows = 0;
        for (int at = 0; at < neighbors.Length; at += neighborCount) rows += Rows(neighbors.Slice(at, neighborCount));
        return rows;
    }

    private static int Rows(ReadOnlySpan<int> group) => Math.Max(FusedRows.Distinct(group), LayerTile.Rows);

    /// <summary>Computes a node.</summary>
    /// <exception cref="InvalidOperationException">Shapes do not fit, or an index points outside.</exception>
    public static void Run(nint context)
    {
        (KernelTensor points, KernelTensor samples, KernelTensor neighbors) = (RuntimeApi.Input(context, 0), RuntimeApi.Input(context, 1), RuntimeApi.Input(context, 2));
        if (points.Rows is not { } pointCount || samples.Rows is not { } groups || neighbors.Rows != groups || neighbors.Columns == 0 || samples.Columns != points.Columns)
            throw new InvalidOperationException($"points [{points.Rows}, {points.Columns}], samples [{samples.Rows}, {samples.Columns}] and neighbours [{neighbors.Rows}, {neighbors.Columns}] do not fit each other");
        FusedRows.Check(new ReadOnlySpan<int>((int*)neighbors.Contents, groups * neighbors.Columns), pointCount);
        FusedLayer* layers = stackalloc FusedLayer[FusedOperator.MostLayers];
        LayerStack stack = LayerStack.Read(context, FusedOperator.FirstLayer(FusedOperator.GroupedLayers), points.Columns, layers);
        try
        {
            int rowsPerGroup = LayerTile.WholeRows(neighbors.Columns), rowsAtOnce = Math.Max(stack.RowsAtOnce, rowsPerGroup);
            Node node = new()
            {
                Stack = stack,
                Points = (float*)points.Contents,
                Samples = (float*)samples.Contents,
                Neighbors = (int*)neighbors.Contents,
                Result = RuntimeApi.Output(context, groups, stack.Last.Columns),
                Width = points.Columns,
                NeighborCount = neighbors.Columns,
                RowsAtOnce = rowsAtOnce,
            };
            FusedWork.Run(context, node, groups, PassesAtOnce * rowsAtOnce / rowsPerGroup, stack.BufferLength(rowsAtOnce) + stack.Last.PaddedColumns);
        }
        finally
        {
            stack.Free();
        }
    }

    private struct Node : IFusedNode
    {
        public LayerStack Stack;
        public float* Points;
        public float* Samples;
        public int* Neighbors;
        public float* Result;
        public int Width;
        public int NeighborCount;
        public int RowsAtOnce;

        public readonly void Compute(int first, int count, float* scratch)
        {
            FusedLayer last = Stack.Last;
            nint bufferLength = (nint)Stack.BufferLength(RowsAtOnce);
            float* other = scratch + bufferLength / 2, largest = scratch + bufferLength;
            int* rowsOf = stackalloc int[count];
            while (count > 0)
            {
                (int taken, int rows) = (0, 0);
                for (; taken < count; taken++)
                {
                    ReadOnlySpan<int> group = new(Neighbors + (nint)(first + taken) * NeighborCount, NeighborCount);
                    rowsOf[taken] = Rows(group);
                    if (rows + rowsOf[taken] > RowsAtOnce) break;
                    Gather(group[..Math.Min(rowsOf[taken], NeighborCount)], rowsOf[taken], Samples + (nint)(first + taken) * Width, scratch, rows, other);
                    rows += rowsOf[taken];
                }

                float* read = Stack.Through(Stack.Count - 1, LayerTile.WholeRows(rows), scratch, other);
                for (int group = 0, row = 0; group < taken; row += rowsOf[group++])
                {
                    int own = row * Stack.Stride;
                    if (last.InputStep is null) Largest(last, read + own, rowsOf[group], largest);
                    else Largest(last, (byte*)read + own, rowsOf[group], largest);
                    new ReadOnlySpan<float>(largest, last.Columns).CopyTo(new Span<float>(Result + (nint)(first + group) * last.Columns, last.Columns));
                }
                (first, count) = (first + taken, count - taken);
            }
        }

        private readonly void Largest(in FusedLayer layer, float* rows, int count, float* largest)
        {
            new Span<float>(largest, layer.PaddedColumns).Fill(float.NegativeInfinity);
            for (int column = 0; column < layer.PaddedColumns; column += LayerTile.Columns)
                LayerTile.Largest(rows, Stack.Stride, count, layer.Depth, layer.Floats(column), largest + column);
            Span<float> all = new(largest, layer.PaddedColumns);
            TensorPrimitives.Add(all, new ReadOnlySpan<float>(layer.Bias, layer.PaddedColumns), all);
        }

        private readonly void Largest(in FusedLayer layer, byte* rows, int count, float* largest)
        {
            new Span<int>(largest, layer.PaddedColumns).Fill(int.MinValue);
            for (int column = 0; column < layer.PaddedColumns; column += LayerTile.Columns)
                ByteTile.Largest(rows, Stack.Stride, count, layer.Depth, layer.Bytes(column), layer.HasSmallWeights, (int*)largest + column);
            layer.OfLargest((int*)largest, largest);
        }

        private readonly void Gather(ReadOnlySpan<int> group, int count, float* sample, float* rows, int firstRow, float* scratch)
        {
            for (int row = 0; row < count; row++)
            {
                float* point = Points + (nint)group[row < group.Length ? row : 0] * Width;
                int at = (firstRow + row) * Stack.Stride;
                if (Stack.Steps == 0) FusedRows.Add(point, sample, Width, rows + at);
                else if (Width % LayerTile.Columns == 0) FusedRows.Add(point, sample, Width, Stack.Steps, (byte*)rows + at);
                else
                {
                    FusedRows.Add(point, sample, Width, scratch);
                    FusedRows.Quantize(scratch, Stack.PaddedWidth, Stack.Steps, (byte*)rows + at);
                }
            }
        }
    }
}
