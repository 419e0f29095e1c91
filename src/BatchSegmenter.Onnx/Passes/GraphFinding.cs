namespace BatchSegmenter.Onnx.Passes;

/// <summary>What a finding means for the graph.</summary>
public enum FindingSeverity
{
    /// <summary>The graph works, but slower, or with less certainty, than it could.</summary>
    Warning,

    /// <summary>The graph is invalid, or gives other results than its network.</summary>
    Error,
}

/// <summary>Something that <see cref="GraphChecker"/> or <see cref="GraphLint"/> found in a graph.</summary>
/// <param name="Rule">The rule that was broken, in kebab case.</param>
/// <param name="Severity">Whether the graph can be used.</param>
/// <param name="Message">Which nodes or tensors, what was found, what was expected or is to be done.</param>
public sealed record GraphFinding(string Rule, FindingSeverity Severity, string Message)
{
    /// <summary><c>error scatter: …</c>.</summary>
    public override string ToString() => $"{(Severity == FindingSeverity.Error ? "error" : "warning")} {Rule}: {Message}";

    internal static GraphFinding Error(string rule, string message) => new(rule, FindingSeverity.Error, message);

    internal static GraphFinding Warning(string rule, string message) => new(rule, FindingSeverity.Warning, message);
}
