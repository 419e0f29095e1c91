using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Fusion;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>A layer that a fused node reads.</summary>
internal unsafe struct FusedLayer
{
    /// <summary>Weights as <see cref="FusedOperator.Panels"/> lays them out.</summary>
    public float* Panels;

    /// <summary>Bias, as many numbers as all panels have columns.</summary>
    public float* Bias;

    /// <summary>Numbers that a row has before.</summary>
    public int Depth;

    /// <summary>Numbers that a row has afterwards.</summary>
    public int Columns;

    /// <summary>Columns of all panels.</summary>
    public int PaddedColumns;
}

/// <summary>The layers of a fused node, and the memory that rows pass through.</summary>
internal unsafe struct LayerStack
{
    /// <summary>What all rows of a layer under way may take, so that they stay in the first-level cache.</summary>
    private const int NumbersAtOnce = 8192;

    private FusedLayer* _layers;
    private float* _biases;

    /// <summary>How many.</summary>
    public int Count { get; private set; }

    /// <summary>Numbers from row to row of the buffers.</summary>
    public int Stride { get; private set; }

    /// <summary>Rows to take at once.</summary>
    public readonly int RowsAtOnce => Math.Clamp(NumbersAtOnce / Stride, 4 * LayerTile.Rows, 32 * LayerTile.Rows);

    /// <summary>Numbers of the two buffers that <see cref="Through"/> needs.</summary>
    public readonly int BufferLength(int rows) => 2 * rows * Stride;

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
        LayerStack stack = new() { _layers = layers, Count = (RuntimeApi.InputCount(context) - first) / 2, Stride = Padded(width) };
        int columns = 0;
        for (int i = 0; i < stack.Count; i++)
        {
            (KernelTensor panels, KernelTensor bias) = (RuntimeApi.Input(context, first + 2 * i), RuntimeApi.Input(context, first + 2 * i + 1));
            if (panels.Contents == 0)
            {
                stack.Count = i;
                break;
            }
            if (panels.Rows != width || Padded(bias.Columns) != panels.Columns)
                throw new InvalidOperationException($"layer {i} reads {panels.Rows} channels and gives {bias.Columns} in panels of {panels.Columns}, but gets {width}");
            layers[i] = new FusedLayer { Panels = (float*)panels.Contents, Bias = (float*)bias.Contents, Depth = width, Columns = bias.Columns, PaddedColumns = panels.Columns };
            (width, columns) = (bias.Columns, columns + panels.Columns);
            stack.Stride = Math.Max(stack.Stride, panels.Columns);
        }

        stack._biases = (float*)NativeMemory.AllocZeroed((nuint)columns, sizeof(float));
        float* padded = stack._biases;
        for (int i = 0; i < stack.Count; i++)
        {
            new ReadOnlySpan<float>(layers[i].Bias, layers[i].Columns).CopyTo(new Span<float>(padded, layers[i].Columns));
            layers[i].Bias = padded;
            padded += layers[i].PaddedColumns;
        }
        return stack;
    }

    /// <summary>Passes rows through the first layers.</summary>
    /// <param name="count">Of so many layers.</param>
    /// <param name="rows">Rows in the buffer, a multiple of <see cref="LayerTile.Rows"/>, of which some may mean nothing.</param>
    /// <param name="buffer">The rows.</param>
    /// <param name="other">As much room again.</param>
    /// <returns>The one of the two that has the result.</returns>
    public readonly float* Through(int count, int rows, float* buffer, float* other)
    {
        for (int i = 0; i < count; i++)
        {
            FusedLayer layer = _layers[i];
            for (int column = 0; column < layer.PaddedColumns; column += LayerTile.Columns)
                for (int row = 0; row < rows; row += LayerTile.Rows)
                    LayerTile.Layer(buffer + row * Stride, Stride, layer.Depth, layer.Panels + column * layer.Depth, layer.Bias + column, other + row * Stride + column, Stride);
            float* read = buffer;
            buffer = other;
            other = read;
        }
        return buffer;
    }

    /// <summary>Gives back what was allocated.</summary>
    public readonly void Free() => NativeMemory.Free(_biases);

    private static int Padded(int columns) => (columns + LayerTile.Columns - 1) / LayerTile.Columns * LayerTile.Columns;
}
