using System.Numerics.Tensors;
using BatchSegmenter.Onnx.Fusion;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>
/// <see cref="FusedOperator.GroupedLayers"/>: a few groups at a time are gathered, passed through all layers and reduced to their largest, without leaving the
/// nearest caches. Groups of a number that is no multiple of eight are filled up with their first neighbour, which changes no maximum.
/// </summary>
internal static unsafe class GroupedLayers
{
    /// <summary>Computes a node.</summary>
    /// <exception cref="InvalidOperationException">Shapes do not fit, or an index points outside.</exception>
    public static void Run(nint context)
    {
        (KernelTensor points, KernelTensor samples, KernelTensor neighbors) = (RuntimeApi.Input(context, 0), RuntimeApi.Input(context, 1), RuntimeApi.Input(context, 2));
        if (points.Rows is not { } pointCount || samples.Rows is not { } groups || neighbors.Rows != groups || samples.Columns != points.Columns)
            throw new InvalidOperationException($"points [{points.Rows}, {points.Columns}], samples [{samples.Rows}, {samples.Columns}] and neighbours [{neighbors.Rows}, {neighbors.Columns}] do not fit each other");
        FusedRows.Check(new ReadOnlySpan<int>((int*)neighbors.Contents, groups * neighbors.Columns), pointCount);
        FusedLayer* layers = stackalloc FusedLayer[FusedOperator.MostLayers];
        LayerStack stack = LayerStack.Read(context, FusedOperator.FirstLayer(FusedOperator.GroupedLayers), points.Columns, layers);
        try
        {
            int rows = (neighbors.Columns + LayerTile.Rows - 1) / LayerTile.Rows * LayerTile.Rows;
            Node node = new()
            {
                Stack = stack,
                Points = (float*)points.Contents,
                Samples = (float*)samples.Contents,
                Neighbors = (int*)neighbors.Contents,
                Result = RuntimeApi.Output(context, groups, stack.Last.Columns),
                Width = points.Columns,
                NeighborCount = neighbors.Columns,
                RowsPerGroup = rows,
            };
            int groupsAtOnce = Math.Max(1, stack.RowsAtOnce / rows);
            FusedWork.Run(context, node, groups, groupsAtOnce, stack.BufferLength((long)groupsAtOnce * rows) + stack.Last.PaddedColumns);
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
        public int RowsPerGroup;

        public readonly void Compute(int first, int count, float* scratch)
        {
            (int rows, FusedLayer last) = (count * RowsPerGroup, Stack.Last);
            nint bufferLength = (nint)Stack.BufferLength(rows);
            float* other = scratch + bufferLength / 2, largest = scratch + bufferLength;
            for (int group = 0; group < count; group++) Gather(first + group, scratch, group * RowsPerGroup, other);
            float* read = Stack.Through(Stack.Count - 1, rows, scratch, other);
            for (int group = 0; group < count; group++)
            {
                int own = group * RowsPerGroup * Stack.Stride;
                if (last.InputStep is null) Largest(last, read + own, largest);
                else Largest(last, (byte*)read + own, largest);
                new ReadOnlySpan<float>(largest, last.Columns).CopyTo(new Span<float>(Result + (nint)(first + group) * last.Columns, last.Columns));
            }
        }

        private readonly void Largest(in FusedLayer layer, float* rows, float* largest)
        {
            new Span<float>(largest, layer.PaddedColumns).Fill(float.NegativeInfinity);
            for (int column = 0; column < layer.PaddedColumns; column += LayerTile.Columns)
                for (int row = 0; row < RowsPerGroup; row += LayerTile.Rows)
                    LayerTile.Largest(rows + row * Stack.Stride, Stack.Stride, layer.Depth, layer.Floats(column), largest + column);
            Span<float> all = new(largest, layer.PaddedColumns);
            TensorPrimitives.Add(all, new ReadOnlySpan<float>(layer.Bias, layer.PaddedColumns), all);
        }

        private readonly void Largest(in FusedLayer layer, byte* rows, float* largest)
        {
            new Span<int>(largest, layer.PaddedColumns).Fill(int.MinValue);
            for (int column = 0; column < layer.PaddedColumns; column += LayerTile.Columns)
                for (int row = 0; row < RowsPerGroup; row += LayerTile.Rows)
                    ByteTile.Largest(rows + row * Stack.Stride, Stack.Stride, layer.Depth, layer.Bytes(column), layer.HasSmallWeights, (int*)largest + column);
            layer.OfLargest((int*)largest, largest);
        }

        private readonly void Gather(int group, float* rows, int firstRow, float* scratch)
        {
            int* own = Neighbors + (nint)group * NeighborCount;
            float* sample = Samples + (nint)group * Width;
            for (int row = 0; row < RowsPerGroup; row++)
            {
                float* point = Points + (nint)own[row < NeighborCount ? row : 0] * Width;
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
