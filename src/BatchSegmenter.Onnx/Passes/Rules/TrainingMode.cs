using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>Nodes that still train: they normalize by the block at hand, or drop channels at random.</summary>
internal static class TrainingMode
{
    public static IEnumerable<Breach> Find(LintedGraph graph)
    {
        foreach (OnnxNode node in graph.Nodes)
        {
            bool norm = node.Operator == "BatchNormalization" && (node.Attribute("training_mode") is 1L || node.Outputs.Count > 1);
            bool dropout = node.Operator == "Dropout" && node.Inputs.Count > 2 && node.Inputs[2].Length > 0
                && (graph.Constant(node.Inputs[2]) is not { } flag || flag.Bytes.Span.ContainsAnyExcept((byte)0));
            if (norm || dropout) yield return Breach.Error($"{node.Label()} is in training mode; export after eval()");
        }
    }
}
