using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Fusion;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>The layers of a fused node, and the memory that rows pass through.</summary>
internal unsafe struct LayerStack
{
    /// <summary>What all rows of a layer under way may take, so that they stay in the first-level cache.</summary>
    private const int NumbersAtOnce = 8192;

    private FusedLayer* _layers;
    private float* _terms;

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Numbers, or bytes, from row to row of the buffers.</summary>
    public int Stride { get; private set; }

    /// <summary>Rows to take at once, a multiple of <see cref="LayerTile.Rows"/>.</summary>
    public readonly int RowsAtOnce => Math.Clamp(NumbersAtOnce / Stride / LayerTile.Rows, 4, 32) * LayerTile.Rows;

    /// <summary>Numbers of the two buffers that <see cref="Through"/> needs.</summary>
    public readonly long BufferLength(long rows) => 2 * rows * Stride;

    /// <summary>The last layer.</summary>
    public readonly FusedLayer Last => _layers[Count - 1];

    /// <summary>Reads the layers of a node.</summary>
    /// <param name="context">Of the node that runs.</param>
    /// <param name="first">The input that the layers begin at.</param>
    /// <param name="width">Numbers of a row that the first one reads.</param>
    /// <param name="layers">Room for <see cref="FusedOperator.MostLayers"/>, as long as the stack is used.</param>
    /// <exception cref="InvalidOperationException">The layers do not fit each other or the rows.</exception>
    public static LayerStack Read(nint context, int first, int width, FusedLayer* layers)
    {
        LayerStack stack = new() { _layers = layers, Count = (RuntimeApi.InputCount(context) - first) / 2, PaddedWidth = Padded(width), Stride = Padded(width) };
        int columns = 0;
        for (int i = 0; i < stack.Count; i++)
        {
            (KernelTensor panels, KernelTensor terms) = (RuntimeApi.Input(context, first + 2 * i), RuntimeApi.Input(context, first + 2 * i + 1));
            if (panels.Contents == 0)
            {
                stack.Count = i;
                break;
            }
            layers[i] = FusedLayer.Of(panels, terms);
            if (!layers[i].Reads(width) || Padded(layers[i].Columns) != panels.Columns)
                throw new InvalidOperationException($"layer {i} reads {panels.Rows} channels and gives {layers[i].Columns} in panels of {panels.Columns}, but gets {width}");
            (width, columns) = (layers[i].Columns, columns + panels.Columns);
            stack.Stride = Math.Max(stack.Stride, panels.Columns);
        }

        if (stack.Count > 0 && layers[0].InputStep is { } step) stack.Steps = 1 / step;
        stack._terms = (float*)NativeMemory.AllocZeroed((nuint)columns, 2 * sizeof(float));
        float* padded = stack._terms;
        for (int i = 0; i < stack.Count; i++)
        {
            layers[i].Prepare(padded, i + 1 < stack.Count ? layers[i + 1].InputStep : null);
            padded += 2 * layers[i].PaddedColumns;
        }
        return stack;
    }

    /// <summary>Numbers that a row has before the first layer, filled up to a multiple of 32.</summary>
    public int PaddedWidth { get; private set; }

    /// <summary>Steps in 1 of the bytes that the first layer reads; 0 where it reads numbers, or there is none.</summary>
    public float Steps { get; private set; }

    /// <summary>Passes rows through the first layers.</summary>
    /// <param name="count">Of so many layers.</param>
    /// <param name="rows">Rows in the buffer, a multiple of <see cref="LayerTile.Rows"/>, of which some may mean nothing.</param>
    /// <param name="buffer">The rows: numbers, or bytes where there are <see cref="Steps"/>.</param>
    /// <param name="other">As much room again.</param>
    /// <returns>The one of the two that has the result: numbers, or bytes where the next layer reads bytes.</returns>
    public readonly float* Through(int count, int rows, float* buffer, float* other)
    {
        for (int i = 0; i < count; i++)
        {
            FusedLayer layer = _layers[i];
            float? next = i + 1 < Count ? _layers[i + 1].InputStep : null;
            for (int column = 0; column < layer.PaddedColumns; column += LayerTile.Columns)
                Panel(layer, column, givesBytes: next is not null, rows, buffer, other);
            Swap(ref buffer, ref other);
            if (layer.InputStep is not null || next is not { } step) continue;
            FusedRows.Quantize(buffer, rows * Stride, 1 / step, (byte*)other);
            Swap(ref buffer, ref other);
        }
        return buffer;
    }

    private readonly void Panel(in FusedLayer layer, int column, bool givesBytes, int rows, float* read, float* result)
    {
        if (layer.InputStep is null) LayerTile.Layer(read, Stride, rows, layer.Depth, layer.Floats(column), layer.Bias + column, result + column, Stride);
        else if (givesBytes) ByteTile.Layer((byte*)read, Stride, rows, layer.Depth, layer.Bytes(column), layer.HasSmallWeights, layer.Factors + column, layer.Bias + column, (byte*)result + column, Stride);
        else ByteTile.LayerToFloat((byte*)read, Stride, rows, layer.Depth, layer.Bytes(column), layer.HasSmallWeights, layer.Factors + column, layer.Bias + column, result + column, Stride);
    }

    private static void Swap(ref float* one, ref float* other)
    {
        float* was = one;
        one = other;
        other = was;
    }

    /// <summary>Gives back what was allocated.</summary>
    public readonly void Free() => NativeMemory.Free(_terms);

    private static int Padded(int columns) => (columns + LayerTile.Columns - 1) / LayerTile.Columns * LayerTile.Columns;
}
