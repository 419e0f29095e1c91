using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace BatchSegmenter.Inference.Verification;

/// <summary>How a check came out.</summary>
public enum CheckOutcome
{
    /// <summary>As it must be.</summary>
    Passed,

    /// <summary>Worth a look, but no reason not to use the bundle.</summary>
    Warned,

    /// <summary>Not as it must be: the bundle must not be used.</summary>
    Failed,

    /// <summary>Not done, for the reason that is told.</summary>
    Skipped,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Name">What was looked at, such as <c>layers</c>.</param>
/// <param name="On">The input that it was looked at on; null where none was needed.</param>
/// <param name="Outcome">How it came out.</param>
/// <param name="Detail">A sentence or two, with numbers.</param>
/// <param name="Figures">All that was measured, and the tolerances; null where there is nothing to measure.</param>
public sealed record VerificationCheck(string Name, string? On, CheckOutcome Outcome, string Detail, JsonObject? Figures = null);

/// <summary>What was compared, on which inputs, with which tolerances, and how it came out: a bundle's <c>verification.json</c> and <c>verification.md</c>.</summary>
public sealed record VerificationReport
{
    /// <summary>The machine-readable report's name inside a bundle.</summary>
    public const string JsonFile = "verification.json";

    /// <summary>The readable report's name inside a bundle.</summary>
    public const string TextFile = "verification.md";

    private static readonly JsonSerializerOptions JsonOptions = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>The model's name and version.</summary>
    public required string Model { get; init; }

    /// <summary>The SHA-256 of the network's file, lower-case hex.</summary>
    public required string NetworkSha256 { get; init; }

    /// <summary>The version of ONNX Runtime that ran the network.</summary>
    public required string Runtime { get; init; }

    /// <summary>The checkpoint compared with: file name and SHA-256; null where there was none.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Whether nothing failed.</summary>
    public bool Passed => Checks.All(check => check.Outcome != CheckOutcome.Failed);

    /// <summary>What was looked at, in order.</summary>
    public required IReadOnlyList<VerificationCheck> Checks { get; init; }

    /// <summary>The report for programs.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JsonOptions) + "\n";

    /// <summary>The report for people, as Markdown.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        text.Append($"# Verification of {Model}\n\n{(Passed ? "Passed" : "FAILED")}. Network {NetworkSha256}, run by ONNX Runtime {Runtime}.\n");
        if (Checkpoint is not null) text.Append($"Compared with {Checkpoint}.\n");
        text.Append("\n| check | on | outcome | |\n|---|---|---|---|\n");
        foreach (VerificationCheck check in Checks)
            text.Append($"| {check.Name} | {check.On ?? "–"} | {check.Outcome.ToString().ToLowerInvariant()} | {check.Detail.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        return text.ToString();
    }
}
