using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Commands;

/// <summary>
/// What <c>run --dry-run</c> prints: for people a line per input, what is to be said of it below, and the sums; for programs the plan as one JSON object.
/// </summary>
internal sealed class DryRunReport(TextWriter writer, bool asJson)
{
    private const double Foot = 0.3048, UsSurveyFoot = 1200.0 / 3937;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>Prints a plan.</summary>
    /// <returns>What the run would end with as far as can be told: 0, or 1 where inputs would fail or stay in quarantine, or have lost points.</returns>
    public int Write(RunPlan plan, SegmentationOptions options)
    {
        foreach (string line in asJson ? [JsonSerializer.Serialize(plan, Json)] : Inputs(plan).Concat(Sums(plan, options))) writer.WriteLine(Redaction.Of(line));
        return plan.IsWhole ? 0 : 1;
    }

    /// <summary>What a user should think about before the run; for standard error.</summary>
    public static IEnumerable<string> Warnings(RunPlan plan)
    {
        if (plan.TooManyFailures is { } tooMany) yield return $"the run would stop with exit code 3: {tooMany}";
        if (plan.OutputBytes > plan.OutputFreeBytes) yield return $"outputs may need {Size(plan.OutputBytes)}, but {Size(plan.OutputFreeBytes.Value)} are free there";
    }

    private static IEnumerable<string> Inputs(RunPlan plan)
    {
        string[][] rows = [["state", "points", "format", "reference", "input"], .. plan.Inputs.Select(Row)];
        int[] widths = [.. Enumerable.Range(0, 4).Select(column => rows.Max(row => row[column].Length))];
        for (int i = 0; i < rows.Length; i++)
        {
            string[] row = rows[i];
            yield return $"{row[0].PadRight(widths[0])}  {row[1].PadLeft(widths[1])}  {row[2].PadRight(widths[2])}  {row[3].PadRight(widths[3])}  {row[4]}";
            if (i == 0) continue;
            foreach (string note in Notes(plan.Inputs[i - 1])) yield return $"{new string(' ', widths[0])}  {note}";
        }
    }

    private static string[] Row(PlannedInput input) =>
    [
        input.Refusal is null ? Lower(input.State) : "refused",
        input.Points?.ToString("N0", CultureInfo.InvariantCulture) ?? "?",
        input.Format ?? "?",
        Reference(input),
        input.Input,
    ];

    private static IEnumerable<string> Notes(PlannedInput input)
    {
        if (input.Refusal is not null) yield return input.Refusal.StartsWith(input.Input, StringComparison.Ordinal) ? input.Refusal[input.Input.Length..].TrimStart(':', ' ') : input.Refusal;
        if (input.Reason is not null) yield return input.Reason;
        if (!input.IsLabelled) yield break;
        if (input.MissingChannels.Count > 0) yield return $"has no {string.Join(", no ", input.MissingChannels)}; the model does without";
        foreach (string remark in input.Remarks) yield return remark;
        if (input.ScratchBytes > 0) yield return $"does not fit into limits.memory, takes {Size(input.ScratchBytes)} of scratch";
    }

    private static IEnumerable<string> Sums(RunPlan plan, SegmentationOptions options)
    {
        yield return "";
        (int Count, string What)[] others = [(plan.Done, "done before"), (plan.Quarantined, "in quarantine (--retry-quarantined tries them again)"), (plan.Refused, "refused")];
        string rest = string.Concat(others.Where(other => other.Count > 0).Select(other => $", {other.Count} {other.What}"));
        yield return string.Create(CultureInfo.InvariantCulture, $"inputs   {plan.Labelled} of {plan.Inputs.Count} would be labelled{rest}");
        yield return string.Create(CultureInfo.InvariantCulture, $"points   {plan.Points:N0}");
        int converted = plan.Inputs.Count(input => input.IsLabelled && (input.HorizontalUnit != 1 || input.VerticalUnit != 1));
        if (converted > 0) yield return $"units    {Counted(converted, "input")} converted to metres for the network; outputs keep the file's";
        yield return $"time     {Time(plan)}";
        string basis = plan.OutputBasis > 0 ? $"by {Counted(plan.OutputBasis, "input")} done before with these options" : "by a rule of thumb";
        yield return $"output   about {Size(plan.OutputBytes)} {basis} into {options.Output}{(plan.OutputFreeBytes is { } free ? $", {Size(free)} free" : "")}";
        yield return plan.ScratchBytes == 0 ? "scratch  none: limits.memory holds every input" : $"scratch  {Size(plan.ScratchBytes)} in {plan.ScratchFolder}, {Size(plan.ScratchFreeBytes)} free";
    }

    private static string Time(RunPlan plan) => plan switch
    {
        { Points: 0 } => "none",
        { History: { } history } => string.Create(
            CultureInfo.InvariantCulture, $"about {RunLog.Duration(plan.Seconds!.Value)} at {history.PointsPerSecond:N0} points/s, the speed of {(history.Runs == 1 ? "the last run" : $"the last {history.Runs} runs")} into this output"),
        _ => "unknown: no run into this output has labelled points yet",
    };

    private static string Reference(PlannedInput input)
    {
        string name = input.Epsg is { } epsg ? string.Create(CultureInfo.InvariantCulture, $"EPSG {epsg}, ") : "";
        return input.Crs switch
        {
            null => "?",
            CrsKind.Unknown => "none, metres presumed",
            CrsKind.Geographic => $"{name}degrees",
            _ when input.HorizontalUnit == input.VerticalUnit => $"{name}{Unit(input.HorizontalUnit)}",
            _ => $"{name}{Unit(input.HorizontalUnit)}, heights {Unit(input.VerticalUnit)}",
        };
    }

    private static string Unit(double? metres) => metres switch
    {
        null => "?",
        1 => "metres",
        { } length when Math.Abs(length - Foot) < 1e-9 => "feet",
        { } length when Math.Abs(length - UsSurveyFoot) < 1e-9 => "US survey feet",
        { } length => string.Create(CultureInfo.InvariantCulture, $"units of {length} m"),
    };

    private static string Lower(InputState state) => JsonNamingPolicy.CamelCase.ConvertName(state.ToString());

    private static string Counted(int count, string what) => count == 1 ? $"1 {what}" : string.Create(CultureInfo.InvariantCulture, $"{count} {what}s");

    private static string Size(long bytes) => bytes switch
    {
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):0.#} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024 * 1024):0.#} GiB"),
    };
}
