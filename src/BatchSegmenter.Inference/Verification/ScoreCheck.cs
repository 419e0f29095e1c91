using System.Text.Json.Nodes;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Verification;

/// <summary>Judges scores.</summary>
internal static class ScoreCheck
{
    /// <param name="name">What the check is called.</param>
    /// <param name="on">The input.</param>
    /// <param name="expected">[rows, classes] logarithms of probabilities.</param>
    /// <param name="found">Likewise.</param>
    /// <param name="classes">Columns.</param>
    /// <param name="tolerance">Largest difference.</param>
    /// <param name="leastAgreement">Least share of rows with a clear label that must have the same.</param>
    /// <param name="everyLabelIsClear">Whether all rows count; else those whose best two scores lie farther apart than twice the tolerance.</param>
    public static VerificationCheck Of(string name, string on, double[] expected, float[] found, int classes, double tolerance, double leastAgreement, bool everyLabelIsClear = false)
    {
        ScoreDifference difference = new();
        difference.Add(expected, found, classes, everyLabelIsClear ? -1 : 2 * tolerance);
        bool passed = difference.Largest <= tolerance && difference.Agreement >= leastAgreement;
        JsonObject figures = difference.Figures();
        if (double.IsInfinity(difference.Largest)) (figures["largestDifference"], figures["meanDifference"]) = (null, null);
        (figures["tolerance"], figures["leastLabelAgreement"]) = (tolerance, leastAgreement);
        return new VerificationCheck(
            name, on, passed ? CheckOutcome.Passed : CheckOutcome.Failed,
            FormattableString.Invariant(
                $"scores differ by at most {difference.Largest:G3}, {difference.Mean:G3} on average ({tolerance:G3} is allowed); {difference.Agreement:P3} of labels agree ({leastAgreement:P3} must)"),
            figures);
    }
}

/// <summary>Brings scores of any kind to logarithms of probabilities, in which they can be compared.</summary>
internal static class LogProbabilities
{
    /// <param name="bundle">Tells what its network's scores are.</param>
    /// <param name="scores">[rows, classes], overwritten.</param>
    public static float[] Of(ModelBundle bundle, float[] scores)
    {
        if (bundle.Points is { ScoresLayout: PointLayout.ChannelsFirst } && bundle.Description.Architecture.Task == NetworkTask.Segmentation)
            throw new ArgumentException("Scores must be [rows, classes].", nameof(bundle));
        return Of(bundle.Description.Output, scores, bundle.Description.Architecture.Classes);
    }

    /// <param name="kind">What the scores are.</param>
    /// <param name="scores">[rows, classes], overwritten.</param>
    /// <param name="classes">Columns.</param>
    public static float[] Of(ScoreKind kind, float[] scores, int classes)
    {
        if (kind == ScoreKind.Probabilities)
        {
            foreach (ref float score in scores.AsSpan()) score = MathF.Log(MathF.Max(score, float.Epsilon));
            return scores;
        }
        if (kind == ScoreKind.LogSoftmax) return scores;
        for (int row = 0; row < scores.Length; row += classes)
        {
            Span<float> logits = scores.AsSpan(row, classes);
            double largest = double.NegativeInfinity, sum = 0;
            foreach (float score in logits) largest = Math.Max(largest, score);
            foreach (float score in logits) sum += Math.Exp(score - largest);
            double logarithm = largest + Math.Log(sum);
            foreach (ref float score in logits) score = (float)(score - logarithm);
        }
        return scores;
    }
}
