using System.Text.Json;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>A whole benchmark, for programs.</summary>
public sealed record BenchmarkReport
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Version of ONNX Runtime.</summary>
    public required string Runtime { get; init; }

    /// <summary>The processor's name.</summary>
    public required string Processor { get; init; }

    /// <summary>Its cores that the process may use.</summary>
    public required int Cores { get; init; }

    /// <summary>
    /// Programs that wanted to run, as a mean over the last minute, before and after: more than there are cores means that the figures are of a
    /// machine that was busy otherwise. Null where the system does not tell.
    /// </summary>
    public double?[] LoadAverage { get; init; } = [null, null];

    /// <summary>Where the blocks come from.</summary>
    public required string Blocks { get; init; }

    /// <summary>How many different ones.</summary>
    public required int BlockCount { get; init; }

    /// <summary>Mean points of a block.</summary>
    public required double PointsPerBlock { get; init; }

    /// <summary>Times that the grid was gone through.</summary>
    public required int Rounds { get; init; }

    /// <summary>A measurement for each bundle and setup.</summary>
    public required IReadOnlyList<SetupMeasurement> Measurements { get; init; }

    /// <summary>What could not be measured.</summary>
    public required IReadOnlyList<SkippedSetup> Skipped { get; init; }

    /// <summary>An entry for each bundle and provider; empty where no labelled data were given.</summary>
    public required IReadOnlyList<BundleAccuracy> Accuracy { get; init; }

    /// <summary>The report as JSON, indented.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>The load of the last minute; null where the system does not tell.</summary>
    public static double? CurrentLoad()
    {
        const string File = "/proc/loadavg";
        return System.IO.File.Exists(File) ? double.Parse(System.IO.File.ReadAllText(File).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture) : null;
    }
}

/// <summary>How right a bundle's labels are.</summary>
/// <param name="Bundle">Folder of the bundle.</param>
/// <param name="Provider">What ran it.</param>
/// <param name="Points">Points that counted.</param>
/// <param name="OverallAccuracy">Share of them with the right class; null where none counted.</param>
/// <param name="MeanIou">Mean over the classes that truth has; null likewise.</param>
public sealed record BundleAccuracy(string Bundle, string Provider, long Points, double? OverallAccuracy, double? MeanIou);
