using System.Text.Json.Nodes;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;

namespace BatchSegmenter.Inference.Verification;

/// <summary>Holds a bundle, run as <c>run</c> does it, against golden vectors, which hold scores that another implementation gave.</summary>
internal static class GoldenCheck
{
    /// <summary>How far a score may be from the golden one, both as logarithms of probabilities.</summary>
    public const double Tolerance = 1e-3;

    /// <summary>The least share of rows with a clear label that must have the same one.</summary>
    public const double LeastAgreement = 0.999;

    // Probabilities of a row sum to 1 within this where scores are their logarithms.
    private const double SumTolerance = 1e-3;

    /// <exception cref="Onnx.InvalidGoldenVectorsException">The vectors are of another network.</exception>
    public static VerificationCheck Compare(SegmentationModel model, GoldenVectors golden, string name)
    {
        golden.RequireFit(model.Bundle.Description.Architecture);
        int classes = golden.Classes, rows = golden.Task == NetworkTask.Classification ? 1 : golden.PointCount;
        List<double> expected = [];
        List<float> found = [];
        bool logarithms = Enumerable.Range(0, golden.Blocks).All(block => AreLogProbabilities(golden.Scores(block), classes));
        float[] scores = new float[rows * classes];
        for (int block = 0; block < golden.Blocks; block++)
        {
            float[] wanted = golden.Scores(block).ToArray();
            if (!logarithms) LogProbabilities.Of(ScoreKind.Logits, wanted, classes);
            expected.AddRange(wanted.Select(score => (double)score));
            model.Run(new RawBlock(golden.Points(block).ToArray(), golden.PointCount, Math.Max(golden.Category(block), 0)), scores);
            found.AddRange(LogProbabilities.Of(model.Bundle.Description.Output, scores, classes));
        }

        string on = FormattableString.Invariant($"{name}, {golden.Blocks} blocks of {golden.PointCount} points, {(logarithms ? "logarithms of probabilities" : "raw scores, compared after log-softmax")}");
        return ScoreCheck.Of("golden vectors", on, [.. expected], [.. found], classes, Tolerance, LeastAgreement);
    }

    /// <summary>Compares with blocks that hold the trainer's scores and neighbourhoods.</summary>
    public static VerificationCheck Compare(SegmentationModel model, GoldenBlocks blocks)
    {
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
