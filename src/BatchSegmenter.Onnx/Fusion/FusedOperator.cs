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

    /// <summary>Where the layers' inputs begin: a matrix and a bias each. The matrix is laid out by <see cref="Panels"/>.</summary>
    public static int FirstLayer(string @operator) => @operator switch { GroupedLayers => 3, InterpolatedLayers => 4, _ => 2 };

    /// <summary>The most layers that one node stands for; none for <see cref="LargestNeighbors"/>.</summary>
    public const int MostLayers = 6;

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
}
