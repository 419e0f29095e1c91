using System.Numerics.Tensors;

namespace BatchSegmenter.Inference;

/// <summary>Turns what a network scores into probabilities.</summary>
public static class ClassProbabilities
{
    /// <summary>Replaces scores by probabilities.</summary>
    /// <param name="kind">What the scores are.</param>
    /// <param name="scores">[points, classes], row-major; overwritten.</param>
    /// <param name="classes">Columns, at least 1.</param>
    public static void FromScores(ScoreKind kind, Span<float> scores, int classes)
    {
        switch (kind)
        {
            case ScoreKind.Logits:
                // The row's maximum is taken off first, so that large logits do not overflow.
                for (int row = 0; row < scores.Length; row += classes)
                {
                    Span<float> logits = scores.Slice(row, classes);
                    TensorPrimitives.Subtract(logits, TensorPrimitives.Max<float>(logits), logits);
                }
                TensorPrimitives.Exp(scores, scores);
                for (int row = 0; row < scores.Length; row += classes)
                {
                    Span<float> exponentials = scores.Slice(row, classes);
                    TensorPrimitives.Divide(exponentials, TensorPrimitives.Sum<float>(exponentials), exponentials);
                }
                break;
            case ScoreKind.LogSoftmax:
                TensorPrimitives.Exp(scores, scores);
                break;
        }
    }
}
