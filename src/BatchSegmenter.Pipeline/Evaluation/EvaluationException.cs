namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>Predictions and truth cannot be compared: no pair of files, unequal counts, or contradicting content.</summary>
/// <param name="message">One line that names the file, what was found and what was expected.</param>
public sealed class EvaluationException(string message) : Exception(message);
