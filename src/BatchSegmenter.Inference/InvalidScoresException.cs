namespace BatchSegmenter.Inference;

/// <summary>A network gave scores that are no numbers, from which no class follows.</summary>
public sealed class InvalidScoresException(string message) : Exception(message);
