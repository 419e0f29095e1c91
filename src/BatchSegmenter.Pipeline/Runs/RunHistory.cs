using System.Text.Json;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>How fast the last runs into an output were, as their reports tell.</summary>
/// <param name="Runs">Runs that were looked at.</param>
/// <param name="PointsPerSecond">Points labelled per second of a run, start and end included.</param>
public sealed record RunHistory(int Runs, double PointsPerSecond)
{
    private const int MostRuns = 10, MostReports = 50;

    /// <summary>
    /// Looks at up to ten of the newest runs that labelled points, at those with the same bundle if there are any. Reports that cannot be understood are
    /// passed over.
    /// </summary>
    /// <param name="outputs">Where the outputs are.</param>
    /// <param name="bundle">Id of the bundle.</param>
    /// <param name="cancellation">Ends the look-up.</param>
    /// <returns>Null where no run has labelled a point.</returns>
    /// <exception cref="IOException">The store does not answer.</exception>
    public static async Task<RunHistory?> FindAsync(ObjectStore outputs, string bundle, CancellationToken cancellation = default)
    {
        List<StoredObject> reports = [];
        await foreach (StoredObject it in outputs.ListAsync("_runs/", cancellation).ConfigureAwait(false))
            if (it.Name.EndsWith("/run.json", StringComparison.Ordinal)) reports.Add(it);

        List<(bool SameBundle, double Points, double Seconds)> runs = [];
        foreach (StoredObject report in Enumerable.Reverse(reports).Take(MostReports)) // the ids of runs begin with their time
            if (Measure(await outputs.ReadAsync(report, cancellation).ConfigureAwait(false), bundle) is { } run) runs.Add(run);
        if (runs.Exists(run => run.SameBundle)) runs.RemoveAll(run => !run.SameBundle);
        runs = [.. runs.Take(MostRuns)];
        return runs.Count == 0 ? null : new(runs.Count, runs.Sum(run => run.Points) / runs.Sum(run => run.Seconds));
    }

    private static (bool SameBundle, double Points, double Seconds)? Measure(byte[] report, string bundle)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(report);
            JsonElement root = json.RootElement;
            double points = root.GetProperty("counts").GetProperty("points").GetDouble();
            double seconds = (root.GetProperty("ended").GetDateTimeOffset() - root.GetProperty("started").GetDateTimeOffset()).TotalSeconds;
            return points > 0 && seconds > 0 ? (root.GetProperty("model").GetString() == bundle, points, seconds) : null;
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }
}
