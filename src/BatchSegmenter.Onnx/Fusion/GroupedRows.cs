using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Onnx.Fusion;

/// <summary>Rows of neighbours before ReLU: points gathered, and each sample's own row to add.</summary>
/// <param name="Points">Rows of points.</param>
/// <param name="Samples">Rows of samples.</param>
/// <param name="Neighbors">[samples, k], an input.</param>
/// <param name="IsByNeighbour">Whether they are laid out [k, samples], as <see cref="GraphQuantization"/> does.</param>
/// <param name="Nodes">The nodes, without the one that adds.</param>
internal sealed record GroupedRows(string Points, string Samples, string Neighbors, bool IsByNeighbour, IReadOnlyList<OnnxNode> Nodes)
{
    /// <summary>The rows that a node adds up; null where it does something else.</summary>
    public static GroupedRows? Find(GraphWiring wiring, IReadOnlyDictionary<string, long?> indices, OnnxNode add)
    {
        if (wiring.Maker(add.Inputs[0]) is not { Operator: "Gather", Attributes.Count: 0 } gather || wiring.OnlyReader(add.Inputs[0]) is null) return null;
        if (wiring.Maker(gather.Inputs[1]) is { Operator: "Transpose" } turned)
        {
            bool isTurned = indices.ContainsKey(turned.Inputs[0]) && turned.Attribute("perm") is long[] and [1, 0];
            OnnxNode[] nodes = wiring.OnlyReader(turned.Outputs[0]) is null ? [gather] : [turned, gather];
            return isTurned ? new GroupedRows(gather.Inputs[0], add.Inputs[1], turned.Inputs[0], true, nodes) : null;
        }
        if (!indices.ContainsKey(gather.Inputs[1]) || wiring.Maker(add.Inputs[1]) is not { Operator: "Unsqueeze" } perGroup) return null;
        bool isPerGroup = wiring.Longs(perGroup, 1) is [1] && wiring.OnlyReader(perGroup.Outputs[0]) is not null;
        return isPerGroup ? new GroupedRows(gather.Inputs[0], perGroup.Inputs[0], gather.Inputs[1], false, [gather, perGroup]) : null;
    }
}
