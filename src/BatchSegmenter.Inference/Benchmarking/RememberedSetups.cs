using System.Security.Cryptography;
using System.Text.Json;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>What a setup was measured for; another machine, runtime, bundle or choice is another measurement.</summary>
/// <param name="Processor">The processor's name.</param>
/// <param name="Cores">Cores that may be used.</param>
/// <param name="Runtime">Version of ONNX Runtime.</param>
/// <param name="Provider">The execution provider.</param>
/// <param name="Bundle">The bundle's id, which changes with its precision too.</param>
/// <param name="Sessions">What was given and not measured; null likewise in the following.</param>
/// <param name="Threads">Threads within a run.</param>
/// <param name="BlocksPerBatch">Blocks of a run.</param>
public sealed record SetupKey(string Processor, int Cores, string Runtime, string Provider, string Bundle, int? Sessions, int? Threads, int? BlocksPerBatch);

/// <summary>
/// Setups that were measured on this machine, a small file each. What can't be read, is damaged or of something else counts as not there, and
/// what can't be written is measured again the next time.
/// </summary>
/// <param name="folder">Where they are; need not exist.</param>
public sealed class RememberedSetups(string folder)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Those of this machine and user.</summary>
    public static RememberedSetups OfThisMachine => new(MachineCache.Of("setups"));

    /// <summary>The setup that was measured; null where there is none.</summary>
    public InferenceSetup? Find(SetupKey key)
    {
        try
        {
            return JsonSerializer.Deserialize<RememberedSetup>(File.ReadAllBytes(PathOf(key)), Json) is { Key: { } found, Setup: { } setup } && found == key && IsSensible(setup, key) ? setup : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Keeps a setup in place of an earlier one, in one step.</summary>
    public void Remember(SetupKey key, InferenceSetup setup, double pointsPerSecond)
    {
        string path = PathOf(key), temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(new RememberedSetup(key, setup, Math.Round(pointsPerSecond)), Json));
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A folder that nobody may write into is no reason to stop; nor is what is left there.
        }
    }

    /// <summary>
    /// Keeps what was fastest of a benchmark, in place of what a run measures itself in a second; nothing where the machine was busy otherwise, so that
    /// threads did not have cores of their own.
    /// </summary>
    /// <param name="bundle">One of those that were measured.</param>
    /// <param name="report">A benchmark of all ways that are worth it, on blocks of the bundle's own size.</param>
    public void Remember(ModelBundle bundle, BenchmarkReport report)
    {
        SetupMeasurement[] ways = [.. report.Measurements.Where(it =>
            it.Bundle == bundle.Folder && it.Setup.Provider == ExecutionProvider.Cpu && it.Setup.Cores <= report.Cores && (bundle.MayBatch || it.Setup.BlocksPerBatch == 1))];
        if (ways.Length == 0 || ways.Any(it => it.Setup.Threads == 1 && it.Together.CpuSecondsPerBlock * it.Together.BlocksPerSecond < SetupSearch.Undisturbed * it.Setup.Sessions)) return;
        SetupMeasurement best = ways.MaxBy(it => it.Together.PointsPerSecond)!;
        Remember(new SetupKey(report.Processor, report.Cores, report.Runtime, ExecutionProvider.Cpu, bundle.Id, null, null, null), best.Setup, best.Together.PointsPerSecond);
    }

    internal string PathOf(SetupKey key) => Path.Combine(folder, $"{Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(key, Json)))[..32]}.json");

    private static bool IsSensible(InferenceSetup setup, SetupKey key) =>
        setup.Provider == key.Provider && setup is { Sessions: >= 1 and <= InferenceGrid.Most, Threads: >= 1 and <= InferenceGrid.Most, BlocksPerBatch: >= 1 and <= InferenceGrid.Most } && setup.Cores <= key.Cores;

    private sealed record RememberedSetup(SetupKey Key, InferenceSetup Setup, double PointsPerSecond);
}
