using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Passes.Rules;

/// <summary>
/// Tracing writes a loop out, iteration after iteration: sampling 1024 points becomes 30 000 nodes. It shows as a sequence of operators
/// that repeats, with a choice such as ArgMax in it, which layers of a network do not have.
/// </summary>
internal static class UnrolledLoops
{
    private const int Repeats = 16;
    private const int LongestPattern = 128;
    private const int ManyNodes = 10_000;

    private static readonly HashSet<string> Choices = ["ArgMax", "ArgMin", "TopK", "Where", "NonZero", "Scatter", "ScatterND", "ScatterElements"];

    public static IEnumerable<Breach> Find(LintedGraph linted)
    {
        foreach (OnnxGraph graph in linted.Graphs)
        {
            OnnxNode[] choices = [.. graph.Nodes.Where(node => node.Operator is "ArgMax" or "ArgMin")];
            if (Longest(graph.Nodes) is { } run)
                yield return Breach.Error(
                    $"{graph.Name}: the {run.Period} nodes from {graph.Nodes[run.First].Label()} on are repeated {run.Count} times, to {graph.Nodes[run.First + run.Period * run.Count - 1].Label()}; "
                    + "a loop was unrolled by tracing: script it (it becomes a Loop), or leave sampling outside the graph");
            else if (choices.Length >= Repeats)
                yield return Breach.Error(
                    $"{graph.Name} has {choices.Length} nodes such as {choices[0].Label()} and {choices[^1].Label()}; a sampling loop was unrolled by tracing: script it, or leave sampling outside the graph");
            else if (graph.Nodes.Count > ManyNodes)
                yield return Breach.Warning($"{graph.Name} has {graph.Nodes.Count} nodes; point networks have hundreds, so a loop may have been unrolled by tracing");
        }
    }

    /// <summary>The stretch of most repetitions, by the shortest pattern that repeats often enough and holds a choice.</summary>
    private static (int First, int Period, int Count)? Longest(IReadOnlyList<OnnxNode> nodes)
    {
        string[] operators = [.. nodes.Select(node => string.Intern(node.Operator))];
        int[] choices = new int[nodes.Count + 1];
        for (int i = 0; i < nodes.Count; i++) choices[i + 1] = choices[i] + (Choices.Contains(operators[i]) ? 1 : 0);
        for (int period = 1; period <= LongestPattern; period++)
        {
            (int First, int Period, int Count)? best = null;
            int equal = 0;
            for (int i = period; i < nodes.Count; i++)
            {
                equal = ReferenceEquals(operators[i], operators[i - period]) ? equal + 1 : 0;
                int count = equal / period + 1, first = i - period - equal + 1;
                if (count < Repeats || count <= (best?.Count ?? 0)) continue;
                if (choices[first + period] > choices[first]) best = (first, period, count);
            }
            if (best is not null) return best;
        }
        return null;
    }
}
