using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>An input of fixed batch or point count, which the model's description does not declare.</summary>
internal static class BakedInputs
{
    private const long MostChannels = 64;

    public static IEnumerable<Breach> Find(LintedGraph graph)
    {
        HashSet<string> constants = [.. graph.Graph.Initializers.Select(tensor => tensor.Name)];
        foreach (OnnxValue input in graph.Graph.Inputs.Where(input => !constants.Contains(input.Name)))
        {
            OnnxValue? declared = graph.Options.DeclaredInputs.FirstOrDefault(it => it.Name == input.Name);
            for (int axis = 0; axis < input.Shape.Count; axis++)
            {
                if (input.Shape[axis].Size is not long size) continue;
                bool allowed = declared is null ? axis > 0 && size <= MostChannels : axis < declared.Shape.Count && declared.Shape[axis].Size == size;
                if (!allowed)
                    yield return Breach.Error($"input {input} fixes its axis {axis} to {size}, which is not declared; export with that axis dynamic, or declare it in model.json");
            }
        }
    }
}
