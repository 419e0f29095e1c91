namespace BatchSegmenter.Pipeline;

/// <summary>
/// What was asked for cannot be started: a fault of the command line, the pipeline file, the model or the paths that
/// they name. Every fault found is in the message, one line each; the program ends with exit code 2.
/// </summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>All faults, one line each, in the order found.</summary>
    /// <param name="faults">At least one line: the file or key, the value found and what was expected.</param>
    public ConfigurationException(IReadOnlyList<string> faults)
        : base(Redaction.Of(string.Join('\n', faults))) => Faults = [.. faults.Select(Redaction.Of)];

    /// <summary>A single fault.</summary>
    /// <param name="fault">One line: the file or key, the value found and what was expected.</param>
    /// <param name="cause">The exception that led here, if any.</param>
    public ConfigurationException(string fault, Exception? cause = null)
        : base(Redaction.Of(fault), cause) => Faults = [Redaction.Of(fault)];

    /// <summary>The faults, one line each.</summary>
    public IReadOnlyList<string> Faults { get; }
}
