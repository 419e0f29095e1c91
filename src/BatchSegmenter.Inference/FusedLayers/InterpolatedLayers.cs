using BatchSegmenter.Onnx.Fusion;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary><see cref="FusedOperator.InterpolatedLayers"/>: a few points at a time are interpolated and passed through all layers.</summary>
internal static unsafe class InterpolatedLayers
{
    /// <summary>Computes a node.</summary>
    /// <exception cref="InvalidOperationException">Shapes do not fit, or an index points outside.</exception>
    public static void Run(nint context)
    {
        (KernelTensor coarse, KernelTensor nearest) = (RuntimeApi.Input(context, 0), RuntimeApi.Input(context, 1));
        (KernelTensor weights, KernelTensor own) = (RuntimeApi.Input(context, 2), RuntimeApi.Input(context, 3));
        bool fits = nearest is { Rows: not null, Columns: 3 } && weights.Rows == nearest.Rows && weights.Columns == 3 && own.Columns == coarse.Columns && (own.Rows is null || own.Rows == nearest.Rows);
        if (!fits || coarse.Rows is not { } samples)
            throw new InvalidOperationException($"samples [{coarse.Rows}, {coarse.Columns}], nearest [{nearest.Rows}, {nearest.Columns}], weights [{weights.Rows}, {weights.Columns}] and own rows [{own.Rows}, {own.Columns}] do not fit each other");
        int points = nearest.Rows!.Value;
        FusedRows.Check(new ReadOnlySpan<int>((int*)nearest.Contents, 3 * points), samples);
        FusedLayer* layers = stackalloc FusedLayer[FusedOperator.MostLayers];
        LayerStack stack = LayerStack.Read(context, FusedOperator.FirstLayer(FusedOperator.InterpolatedLayers), coarse.Columns, layers);
        try
        {
            int columns = stack.Count == 0 ? coarse.Columns : stack.Last.Columns;
            Node node = new()
            {
                Stack = stack,
                Coarse = (float*)coarse.Contents,
                Nearest = (int*)nearest.Contents,
                Weights = (float*)weights.Contents,
                Own = (float*)own.Contents,
                OwnStride = own.Rows is null ? 0 : own.Columns,
                Result = RuntimeApi.Output(context, points, columns),
                Width = coarse.Columns,
                Columns = columns,
            };
            FusedWork.Run(context, node, points, stack.RowsAtOnce, stack.BufferLength(stack.RowsAtOnce));
        }
        finally
        {
            stack.Free();
        }
    }

    private struct Node : IFusedNode
    {
        public LayerStack Stack;
        public float* Coarse;
        public int* Nearest;
        public float* Weights;
        public float* Own;
        public int OwnStride;
        public float* Result;
        public int Width;
        public int Columns;

        public readonly void Compute(int first, int count, float* scratch)
        {
            if (Stack.Count == 0)
            {
                for (int row = 0; row < count; row++) Interpolate(first + row, Result + (nint)(first + row) * Columns);
                return;
            }

            int rows = LayerTile.WholeRows(count);
            float* other = scratch + Stack.BufferLength(rows) / 2;
            if (Stack.Steps != 0)
            {
                for (int row = 0; row < count; row++)
                {
                    Interpolate(first + row, other);
                    FusedRows.Quantize(other, Stack.PaddedWidth, Stack.Steps, (byte*)scratch + row * Stack.Stride);
                }
            }
            else
            {
                for (int row = 0; row < count; row++) Interpolate(first + row, scratch + row * Stack.Stride);
                new Span<float>(scratch + count * Stack.Stride, (rows - count) * Stack.Stride).Clear();
            }
            float* read = Stack.Through(Stack.Count, rows, scratch, other);
            for (int row = 0; row < count; row++)
                new ReadOnlySpan<float>(read + row * Stack.Stride, Columns).CopyTo(new Span<float>(Result + (nint)(first + row) * Columns, Columns));
        }

        private readonly void Interpolate(nint point, float* row) =>
            FusedRows.Interpolate(Coarse, Nearest + 3 * point, Weights + 3 * point, Own + point * OwnStride, Width, row);
    }
}
