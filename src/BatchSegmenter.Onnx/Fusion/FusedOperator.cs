using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Fusion;

/// <summary>
/// Operators that stand for many nodes of a network, so that what they pass on to each other stays in the processor's nearest memory. No file has them:
/// they come in when a session is started, and what runs the session brings them.
/// </summary>
public static class FusedOperator
{
    /// <summary>Their domain.</summary>
    public const string Domain = "batchsegmenter";

    /// <summary>
    /// Rows of points [P, C] (input 0) gathered by neighbours [S, k] (2, int32), plus each sample's own row of [S, C] (1), ReLU, then layers (from 3 on, of which all but the
    /// last end with ReLU), the largest of each sample's k rows taken before the last bias is added: [S, last layer's outputs].
    /// </summary>
    public const string GroupedLayers = "GroupedLayers";

    /// <summary>
    /// Rows of samples [S, C] (0) summed by nearest [P, 3] (1, int32) and weights [P, 3] (2), plus each point's own row of [P, C] or the one row of [C] (3), ReLU, then layers that end
    /// with ReLU (from 4 on): [P, last layer's outputs].
    /// </summary>
    public const string InterpolatedLayers = "InterpolatedLayers";

    /// <summary>The largest of points [P, C] (0) gathered by neighbours [S, k] (1, int32), column by column: [S, C]. It has no layers.</summary>
    public const string LargestNeighbors = "LargestNeighbors";

    /// <summary>
    /// Where the layers' inputs begin: a matrix and a bias [outputs] each, or, where a layer is computed in integers, a matrix of bytes and its
    /// <see cref="ByteTerms"/> [outputs, 4 or 6]. The matrix is laid out by <see cref="Panels"/> or <see cref="BytePanels"/>.
    /// </summary>
    public static int FirstLayer(string @operator) => @operator switch { GroupedLayers => 3, InterpolatedLayers => 4, _ => 2 };

    /// <summary>The most layers that one node stands for; none for <see cref="LargestNeighbors"/>.</summary>
    public const int MostLayers = 6;

    /// <summary>Rows of a matrix of bytes that are read together; its rows are filled up to a multiple of it.</summary>
    public const int ByteDepth = 8;

    /// <summary>Columns of a panel.</summary>
    public const int PanelWidth = 32;

    /// <summary>
    /// Lays a matrix [depth, columns] out as it is read: panel by panel of 32 columns, in each all rows one after another, zeros where there is no column any more. Its shape tells
    /// depth and the columns of all panels.
    /// </summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="matrix">Row-major.</param>
    /// <param name="columns">Columns.</param>
    public static OnnxTensor Panels(string name, ReadOnlySpan<float> matrix, int columns)
    {
        (int depth, int panels) = (matrix.Length / columns, (columns + PanelWidth - 1) / PanelWidth);
        float[] laidOut = new float[depth * panels * PanelWidth];
        for (int panel = 0; panel < panels; panel++)
        {
            int width = Math.Min(PanelWidth, columns - panel * PanelWidth);
            for (int row = 0; row < depth; row++)
                matrix.Slice(row * columns + panel * PanelWidth, width).CopyTo(laidOut.AsSpan((panel * depth + row) * PanelWidth));
        }
        return new OnnxTensor(name, ElementType.Float32, [depth, panels * PanelWidth], MemoryMarshal.AsBytes<float>(laidOut).ToArray());
    }

    /// <summary>
    /// The same for bytes [depth, columns]: in each panel four rows after four rows, and of these the four bytes of a column side by side. The depth is filled up with zeros to a multiple
    /// of <see cref="ByteDepth"/>.
    /// </summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="matrix">Row-major.</param>
    /// <param name="columns">Columns.</param>
    public static OnnxTensor BytePanels(string name, ReadOnlySpan<byte> matrix, int columns)
    {
        (int rows, int panels) = (matrix.Length / columns, (columns + PanelWidth - 1) / PanelWidth);
        int depth = (rows + ByteDepth - 1) / ByteDepth * ByteDepth;
        byte[] laidOut = new byte[depth * panels * PanelWidth];
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++)
            {
                (int panel, int within) = Math.DivRem(column, PanelWidth);
                laidOut[panel * depth * PanelWidth + (row / 4 * PanelWidth + within) * 4 + row % 4] = matrix[row * columns + column];
            }
        return new OnnxTensor(name, ElementType.Int8, [depth, panels * PanelWidth], laidOut);
    }

    /// <summary>
    /// What makes numbers of a layer's sums of bytes, for each column: what a sum of 1 stands for, the bias, the step between two bytes that the layer reads (whose byte of 0 is 0), and the largest of all weights. Where the largest are taken,
    /// and rounded to bytes of their own before the bias is added, also the step between these and their byte of 0.
    /// </summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="weights">The matrix, signed bytes.</param>
    /// <param name="weightSteps">The step of each column's weights.</param>
    /// <param name="bias">For each column.</param>
    /// <param name="inputStep">The step of what is read.</param>
    /// <param name="pooled">Of the largest; null where none are taken.</param>
    public static OnnxTensor ByteTerms(string name, ReadOnlySpan<byte> weights, ReadOnlySpan<float> weightSteps, ReadOnlySpan<float> bias, float inputStep, Quantization.Int8Scale? pooled)
    {
        int width = pooled is null ? 4 : 6;
        int largest = 0;
        foreach (sbyte weight in MemoryMarshal.Cast<byte, sbyte>(weights)) largest = Math.Max(largest, Math.Abs((int)weight));
        float[] terms = new float[bias.Length * width];
        for (int column = 0; column < bias.Length; column++)
        {
            Span<float> own = terms.AsSpan(column * width, width);
            (own[0], own[1], own[2], own[3]) = (weightSteps[column] * inputStep, bias[column], inputStep, largest);
            if (pooled is { } scale) (own[4], own[5]) = (scale.Scale, scale.ZeroPoint);
        }
        return new OnnxTensor(name, ElementType.Float32, [bias.Length, width], MemoryMarshal.AsBytes<float>(terms).ToArray());
    }
}
