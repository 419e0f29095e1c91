using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// What a run did, for whoever asks later: <c>_runs/RUN-ID/run.json</c>. Clock and machine stand here and in the summary alone,
/// so that the outputs themselves are the same whenever and wherever they were made.
/// </summary>
public sealed record RunReport
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase), new Redaction.Converter() },
    };

    /// <summary>The run's id: its start in UTC, and a number where two started within a second.</summary>
    public required string RunId { get; init; }

    /// <summary>When it started.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset Ended { get; init; }

    /// <summary>The exit code that the program gave.</summary>
    public int ExitCode { get; init; }

    /// <summary>Why the run could not go on; null where it did.</summary>
    public string? Error { get; init; }

    /// <summary>The share of the inputs that the run took, <c>2-of-4</c>; null for all.</summary>
    public string? Shard { get; init; }

    /// <summary>The options, the command line's overrides included.</summary>
    public required SegmentationOptions Options { get; init; }

    /// <summary>The model bundle's id.</summary>
    public string? Model { get; init; }

    /// <summary>The model's name and version.</summary>
    public string? ModelName { get; init; }

    /// <summary>Who signed the bundle: subject and SHA-256 thumbprint of the certificate; null if nobody did.</summary>
    public string? ModelSigner { get; init; }

    /// <summary>SHA-256 of the bundle's files, by name.</summary>
    public IReadOnlyDictionary<string, string> ModelHashes { get; init; } = new Dictionary<string, string>();

    /// <summary>How the network was run, and how that was found out; null until the run has ended.</summary>
    public UsedSetup? Setup { get; init; }

    /// <summary>Versions of the program, of .NET and of the libraries that results depend on.</summary>
    public IReadOnlyDictionary<string, string> Versions { get; init; } = ProgramVersions();

    /// <summary>The machine.</summary>
    public MachineDescription Machine { get; init; } = MachineDescription.Current;

    /// <summary>Seconds that each stage was busy, summed over its workers.</summary>
    public IReadOnlyDictionary<string, double> StageSeconds { get; init; } = new Dictionary<string, double>();

    /// <summary>What each stage did, and how it waited, in the way of the data.</summary>
    public IReadOnlyList<StageReport> Stages { get; init; } = [];

    /// <summary>What the process took.</summary>
    public ProcessReport? Process { get; init; }

    /// <summary>Counts over the whole run: points, blocks, batches and the like.</summary>
    public IReadOnlyDictionary<string, long> Counts { get; init; } = new Dictionary<string, long>();

    /// <summary>The most memory that the process had resident, bytes.</summary>
    public long PeakResidentBytes { get; init; }

    /// <summary>What a user should know, one line each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The inputs and how each ended.</summary>
    public IReadOnlyList<InputSummary> Inputs { get; init; } = [];

    /// <summary>Program, .NET and Parquet library; callers add the model runtime's.</summary>
    public static Dictionary<string, string> ProgramVersions() => new()
    {
        ["batchsegmenter"] = VersionOf(typeof(RunReport).Assembly),
        ["dotnet"] = RuntimeInformation.FrameworkDescription,
        ["parquet.net"] = VersionOf(typeof(Parquet.ParquetWriter).Assembly),
    };

    /// <summary>Gives a new run its id and begins its report, which says no more than when it started until <see cref="WriteAsync"/>.</summary>
    /// <param name="outputs">Where the run's outputs are.</param>
    /// <param name="clock">Tells the time.</param>
    /// <param name="shard">Becomes part of the id; null for none.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="IOException">The report cannot be written.</exception>
    public static async Task<string> BeginAsync(ObjectStore outputs, TimeProvider clock, RunShard? shard = null, CancellationToken cancellation = default)
    {
        DateTimeOffset now = clock.GetUtcNow();
        string start = now.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        if (shard is not null) start = $"{start}-{shard}";
        string id = start;
        for (int number = 2; !await outputs.TryCreateAsync(NameOf(id), Begun(id, now), cancellation).ConfigureAwait(false); number++)
            id = string.Create(CultureInfo.InvariantCulture, $"{start}-{number}");
        return id;
    }

    /// <summary>Replaces the report in one step.</summary>
    /// <param name="outputs">Where the run's outputs are.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task WriteAsync(ObjectStore outputs)
    {
        StagedObject file = outputs.Create(NameOf(RunId));
        await using (file.ConfigureAwait(false))
        {
            await JsonSerializer.SerializeAsync(file.Stream, this, Json).ConfigureAwait(false);
            await file.CommitAsync(CreateCondition.Any).ConfigureAwait(false);
        }
    }

    /// <summary>The report's name among the outputs.</summary>
    internal static string NameOf(string runId) => $"_runs/{runId}/run.json";

    private static byte[] Begun(string id, DateTimeOffset started) => JsonSerializer.SerializeToUtf8Bytes(new { RunId = id, Started = started }, Json);

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? assembly.GetName().Version?.ToString() ?? "unknown";
}
