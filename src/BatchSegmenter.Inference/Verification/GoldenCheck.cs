using System.Text.Json.Nodes;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;

namespace BatchSegmenter.Inference.Verification;

/// <summary>Holds a bundle, run as <c>run</c> does it, against golden vectors, which hold scores that another implementation gave.</summary>
internal static class GoldenCheck
{
    /// <summary>How far a score may be from the golden one, both as logarithms of probabilities; a quantised bundle declares its own, and the share of labels.</summary>
    public const double Tolerance = 1e-3;

    /// <summary>The least share of rows with a clear label that must have the same one.</summary>
    public const double LeastAgreement = 0.999;

    // Probabilities of a row sum to 1 within this where scores are their logarithms.
    private const double SumTolerance = 1e-3;

    /// <summary>Compares with golden vectors.</summary>
    /// <param name="model">The bundle's network.</param>
    /// <param name="golden">The vectors.</param>
    /// <param name="name">What to call them.</param>
    /// <param name="explainer">
    /// The same network taking neighbourhoods, to see whether differences come from neighbours at the boundary alone; null where there is none.
    /// </param>
    /// <exception cref="Onnx.InvalidGoldenVectorsException">The vectors are of another network.</exception>
    public static VerificationCheck Compare(SegmentationModel model, GoldenVectors golden, string name, SegmentationModel? explainer)
    {
        golden.RequireFit(model.Bundle.Description.Architecture);
        int classes = golden.Classes, rows = golden.Task == NetworkTask.Classification ? 1 : golden.PointCount;
        bool logarithms = Enumerable.Range(0, golden.Blocks).All(block => AreLogProbabilities(golden.Scores(block), classes));
        List<double> expected = [];
        List<float> found = [];
        (int atBoundary, int turned, bool expanded) = (0, 0, false);
        for (int block = 0; block < golden.Blocks; block++)
        {
            float[] golds = golden.Scores(block).ToArray(), scores = new float[rows * classes];
            if (!logarithms) LogProbabilities.Of(ScoreKind.Logits, golds, classes);
            double[] wanted = Array.ConvertAll(golds, score => (double)score);
            RawBlock points = new(golden.Points(block).ToArray(), golden.PointCount, Math.Max(golden.Category(block), 0));
            model.Run(points, scores);
            LogProbabilities.Of(model.Bundle.Description.Output, scores, classes);
            if (explainer is not null && Differs(wanted, scores))
            {
                // Only what the turned neighbours change is taken from the explainer: what else is wrong with the bundle's own scores stays.
                BoundaryExplanation explanation = BoundaryExplanation.Find(explainer, points, wanted, Tolerance);
                (atBoundary, turned, expanded) = (atBoundary + explanation.AtBoundary, turned + explanation.Turned, expanded || explanation.Expanded);
                for (int i = 0; i < scores.Length; i++) scores[i] += explanation.Scores[i] - explanation.Unturned[i];
            }
            expected.AddRange(wanted);
            found.AddRange(scores);
        }

        string on = FormattableString.Invariant($"{name}, {golden.Blocks} blocks of {golden.PointCount} points, {(logarithms ? "logarithms of probabilities" : "raw scores, compared after log-softmax")}");
        VerificationCheck check = Judge(model, on, [.. expected], [.. found]);
        if (expanded)
        {
            check.Figures!["distancesExpanded"] = true;
            check = check with { Detail = $"with distances computed as a² + b² − 2ab, {check.Detail}" };
        }
        if (turned == 0) return check;
        (check.Figures!["neighboursAtBoundary"], check.Figures["neighboursTurned"]) = (atBoundary, turned);
        return check with
        {
            Detail = FormattableString.Invariant($"with {turned} of {atBoundary} neighbours that lie within rounding of a radius (or are nearest by rounding) taken the other way, {check.Detail}"),
        };
    }

    /// <summary>Compares with blocks that hold the trainer's scores and neighbourhoods.</summary>
    public static VerificationCheck Compare(SegmentationModel model, GoldenBlocks blocks)
    {
        if (model.Bundle.Description.Quantization is not null) return CompareQuantized(model, blocks);
        try
        {
            GoldenComparison found = blocks.Compare(model);
            return new VerificationCheck(
                "golden vectors", FormattableString.Invariant($"the trainer's {found.Blocks} blocks of {found.Points} points"), CheckOutcome.Passed,
                FormattableString.Invariant($"scores differ by at most {found.LargestDifference:G3} ({GoldenBlocks.Tolerance:G3} is allowed); labels are equal"),
                new JsonObject { ["largestDifference"] = found.LargestDifference, ["tolerance"] = GoldenBlocks.Tolerance });
        }
        catch (InvalidModelBundleException fault)
        {
            return new VerificationCheck("golden vectors", "the trainer's blocks", CheckOutcome.Failed, fault.Problem);
        }
    }

    /// <summary>A quantised network is as far from the trainer's as was declared when it was made.</summary>
    private static VerificationCheck CompareQuantized(SegmentationModel model, GoldenBlocks blocks)
    {
        List<double> expected = [];
        List<float> found = [];
        ModelDescription description = model.Bundle.Description;
        foreach ((float[] golden, float[] scores) in blocks.Scores(model))
        {
            expected.AddRange(LogProbabilities.Of(description.Output, golden, model.ClassCount).Select(score => (double)score));
            found.AddRange(LogProbabilities.Of(description.Output, scores, model.ClassCount));
        }
        return Judge(model, FormattableString.Invariant($"the trainer's {blocks.Count} blocks of {expected.Count / model.ClassCount} points, after log-softmax"), [.. expected], [.. found]);
    }

    private static VerificationCheck Judge(SegmentationModel model, string on, double[] expected, float[] found) => model.Bundle.Description.Quantization is { } declared
        ? ScoreCheck.Of("golden vectors", on, expected, found, model.ClassCount, declared.Tolerance, declared.LabelAgreement, everyLabelIsClear: true)
        : ScoreCheck.Of("golden vectors", on, expected, found, model.ClassCount, Tolerance, LeastAgreement);

    private static bool Differs(double[] expected, float[] found)
    {
        for (int i = 0; i < found.Length; i++)
            if (!(Math.Abs(expected[i] - found[i]) <= Tolerance)) return true;
        return false;
    }

    private static bool AreLogProbabilities(ReadOnlySpan<float> scores, int classes)
    {
        for (int row = 0; row < scores.Length; row += classes)
        {
            double sum = 0;
            foreach (float score in scores.Slice(row, classes)) sum += Math.Exp(score);
            if (!(Math.Abs(sum - 1) <= SumTolerance)) return false;
        }
        return true;
    }
}
