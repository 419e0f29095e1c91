using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace BatchSegmenter.Inference;

/// <summary>Turns what a network scores into probabilities.</summary>
public static class ClassProbabilities
{
    /// <summary>Replaces scores by probabilities.</summary>
    /// <param name="kind">What the scores are.</param>
    /// <param name="scores">[points, classes], row-major; overwritten.</param>
    /// <param name="classes">Columns, at least 1.</param>
    /// <exception cref="InvalidScoresException">A score is not a number, or so large that its probability is none.</exception>
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
                Exponentiate(scores);
                for (int row = 0; row < scores.Length; row += classes)
                {
                    Span<float> exponentials = scores.Slice(row, classes);
                    TensorPrimitives.Divide(exponentials, TensorPrimitives.Sum<float>(exponentials), exponentials);
                }
                break;
            case ScoreKind.LogSoftmax:
                Exponentiate(scores);
                break;
        }

        if (float.IsFinite(TensorPrimitives.Sum<float>(scores))) return;
        int bad = scores.IndexOfAnyExceptInRange(0f, float.MaxValue);
        if (bad >= 0) throw new InvalidScoresException(
            $"the network's score for class {bad % classes} of point {bad / classes} is not a finite number: a channel of the points or a weight is none, or half precision does not reach far enough "
            + "(compare with the fp32 bundle; model verify checks the weights)");
    }

    /// <summary>
    /// Very short spans go through the vector code too, padded: the scalar code rounds otherwise, and a point's bits would depend
    /// on how many points stand beside it.
    /// </summary>
    private static void Exponentiate(Span<float> values)
    {
        if (values.Length >= Vector512<float>.Count)
        {
            TensorPrimitives.Exp(values, values);
            return;
        }
        Span<float> padded = stackalloc float[Vector512<float>.Count];
        padded.Clear();
        values.CopyTo(padded);
        TensorPrimitives.Exp(padded, padded);
        padded[..values.Length].CopyTo(values);
    }
}
