using System.Text.Json.Nodes;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;

namespace BatchSegmenter.Inference.Verification;

/// <summary>
/// Holds a bundle against its checkpoint, which a plain interpreter evaluates on its own: neighbourhoods, the outputs of each layer, scores and
/// labels, cloud by cloud.
/// </summary>
internal sealed class CheckpointComparison(ModelBundle bundle, PlainNetwork checkpoint) : IDisposable
{
    /// <summary>
    /// How far a score may be from the checkpoint's, both as logarithms of probabilities, and the value of a layer, that as a share of the layer's largest or 1, whichever is more.
    /// </summary>
    public const double Tolerance = 1e-3;

    /// <summary>The least share of rows with a clear label that must have the same one.</summary>
    public const double LeastAgreement = 0.9999;

    private readonly NetworkProbe _probe = new(bundle, TensorNames(checkpoint.Description).Values);
    private readonly Dictionary<string, string> _tensors = TensorNames(checkpoint.Description);

    public void Dispose() => _probe.Dispose();

    /// <summary>Compares on one cloud.</summary>
    /// <param name="cloud">The points.</param>
    /// <param name="expected">What the checkpoint gives for them.</param>
    public IEnumerable<VerificationCheck> Compare(TestCloud cloud, PlainEvaluation expected)
    {
        if (bundle.Description is { Neighbourhoods: NeighbourhoodPlace.Outside, PointNet2: PointNet2Description network }) yield return Indices(network, cloud, expected);
        Dictionary<string, float[]> found = _probe.Run(cloud);
        yield return Layers(cloud, expected, found);
        yield return Scores(cloud, expected, found[bundle.ScoresName]);
    }

    /// <summary>Neighbourhoods must be equal, index for index.</summary>
    private static VerificationCheck Indices(PointNet2Description network, TestCloud cloud, PlainEvaluation expected)
    {
        using Neighbourhoods found = new RawBlock(cloud.Points, cloud.Count).WithNeighbourhoods(network with { Categories = 0 }).Neighbourhoods;
        JsonObject figures = [];
        long compared = 0, different = 0;
        for (int level = 1; level <= found.Levels; level++)
        {
            if (!network.Levels[level - 1].All) Count($"samples_{level}", expected.Samples[level - 1], found.Samples(level).Span);
            for (int scale = 0; scale < found.ScaleCount(level); scale++)
                Count($"neighbors_{level}_{scale}", expected.Neighbors[level - 1][scale], found.Neighbors(level, scale).Span);
            for (int block = 0; block < found.BlockCount(level); block++)
                Count($"neighbors_{level}_block_{block}", expected.BlockNeighbors[level - 1][block], found.BlockNeighbors(level, block).Span);
            if (network.Task == NetworkTask.Segmentation) Count($"nearest_{level}", expected.Nearest[level - 1], found.Nearest(level).Span);
        }

        return new VerificationCheck(
            "neighbourhoods", cloud.Name, different == 0 ? CheckOutcome.Passed : CheckOutcome.Failed,
            FormattableString.Invariant($"{different} of {compared} indices differ; none may"), figures);

        void Count(string name, ReadOnlySpan<int> wanted, ReadOnlySpan<int> had)
        {
            int wrong = wanted.Length == had.Length ? 0 : Math.Max(wanted.Length, had.Length);
            for (int i = 0; wrong < wanted.Length && i < Math.Min(wanted.Length, had.Length); i++)
                if (wanted[i] != had[i]) wrong++;
            figures[name] = new JsonObject { ["indices"] = wanted.Length, ["different"] = wrong };
            (compared, different) = (compared + wanted.Length, different + wrong);
        }
    }

    private VerificationCheck Layers(TestCloud cloud, PlainEvaluation expected, Dictionary<string, float[]> found)
    {
        JsonObject figures = new() { ["tolerance"] = Tolerance };
        List<string> wrong = [];
        int compared = 0;
        foreach ((string layer, double[][] rows) in expected.Layers)
        {
            if (!_tensors.TryGetValue(layer, out string? tensor) || !found.TryGetValue(tensor, out float[]? had)) continue;
            double[] wanted = [.. rows.SelectMany(row => row)];
            double largest = wanted.Length == had.Length ? 0 : double.PositiveInfinity, sum = 0, magnitude = 1;
            for (int i = 0; i < Math.Min(wanted.Length, had.Length); i++)
            {
                double difference = Math.Abs(wanted[i] - had[i]);
                largest = double.IsNaN(difference) ? double.PositiveInfinity : Math.Max(largest, difference);
                (sum, magnitude) = (sum + difference, Math.Max(magnitude, Math.Abs(wanted[i])));
            }
            compared++;
            if (!(largest <= Tolerance * magnitude)) wrong.Add(FormattableString.Invariant($"{layer} differs by {largest:G3}"));
            figures[layer] = new JsonObject
            {
                ["largestDifference"] = double.IsFinite(largest) ? largest : null, ["meanDifference"] = double.IsFinite(sum) ? sum / Math.Max(wanted.Length, 1) : null, ["largestValue"] = magnitude,
            };
        }

        if (compared == 0) return new VerificationCheck("layers", cloud.Name, CheckOutcome.Skipped, "the network's tensors have names that are not known here; only its scores are compared");
        string detail = wrong.Count == 0
            ? FormattableString.Invariant($"{compared} layers are within {Tolerance:G1} of their largest value")
            : $"{string.Join("; ", wrong)}; {compared - wrong.Count} of {compared} layers are as they must be";
        return new VerificationCheck("layers", cloud.Name, wrong.Count == 0 ? CheckOutcome.Passed : CheckOutcome.Failed, detail, figures);
    }

    private VerificationCheck Scores(TestCloud cloud, PlainEvaluation expected, float[] found)
    {
        // Adding a constant to a row's scores, as log-softmax does, changes neither labels nor probabilities: rows are compared as log-softmax.
        double[] wanted = [.. expected.LogSoftmax().SelectMany(row => row)];
        int classes = bundle.Description.Architecture.Classes;
        if (found.Length != wanted.Length)
            return new VerificationCheck("scores", cloud.Name, CheckOutcome.Failed, $"the network gives {found.Length} scores; {wanted.Length} were expected");
        return ScoreCheck.Of("scores", cloud.Name, wanted, LogProbabilities.Of(bundle, found), classes, Tolerance, LeastAgreement);
    }

    /// <summary>The layers that have a tensor in a graph of ours, and its name there.</summary>
    private static Dictionary<string, string> TensorNames(NetworkDescription description)
    {
        if (description is not PointNet2Description network)
            return new() { ["inputTransform"] = "inputTransform.matrix", ["featureTransform"] = "featureTransform.matrix", ["points"] = "features.rows", ["encoder"] = "encoder.pooled" };
        Dictionary<string, string> names = [];
        if (network.Stem > 0) names["stem"] = "stem.linear";
        for (int l = 0; l < network.Levels.Count; l++)
        {
            SetAbstractionDescription level = network.Levels[l];
            // What is pooled of a residual level goes through the sum and ReLU before it gets its name.
            if (level.Residual) names[$"levels.{l}"] = $"levels.{l}.0.pooled";
            else for (int scale = 0; scale < level.Scales.Count; scale++) names[$"levels.{l}.{scale}"] = $"levels.{l}.{scale}.pooled";
            for (int block = 0; block < (level.Blocks?.Count ?? 0); block++) names[$"levels.{l}.blocks.{block}"] = names[$"levels.{l}"] = $"levels.{l}.blocks.{block}";
        }

        for (int step = 0; step < network.Propagation.Count; step++) names[$"propagation.{step}"] = $"propagation.{step}.{network.Propagation[step].Widths.Count - 1}.relu";
        return names;
    }
}
