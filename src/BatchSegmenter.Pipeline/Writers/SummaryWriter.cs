using System.Globalization;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;
using CsvHelper;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>Writes <c>summary.csv</c>: a row per input, with a column <c>count_LABEL</c> for each label that occurs.</summary>
public static class SummaryWriter
{
    /// <summary>The file's name within the output folder.</summary>
    public const string FileName = "summary.csv";

    /// <summary>The file's name; of a shard, which must not replace those of its neighbours, <c>summary-2-of-4.csv</c>.</summary>
    public static string NameFor(RunShard? shard) => shard is null ? FileName : $"summary-{shard}.csv";

    /// <summary>Replaces the summary in one step.</summary>
    /// <param name="outputs">Where the run's outputs are.</param>
    /// <param name="name">The name in there; see <see cref="NameFor"/>.</param>
    /// <param name="rows">The inputs, in the order of the rows; may be empty.</param>
    /// <param name="labels">Labels that get a column even where no point has them.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static async Task WriteAsync(ObjectStore outputs, string name, IReadOnlyList<InputSummary> rows, IEnumerable<int> labels)
    {
        int[] columns = [.. labels.Concat(rows.SelectMany(row => row.LabelCounts.Keys)).Distinct().Order()];
        StagedObject file = outputs.Create(name);
        await using (file.ConfigureAwait(false))
        {
            Write(file.Stream, rows, columns);
            await file.CommitAsync(CreateCondition.Any).ConfigureAwait(false);
        }
    }

    private static void Write(Stream stream, IReadOnlyList<InputSummary> rows, int[] columns)
    {
        var options = new CsvWriterOptions { NewLine = "\n", FormatProvider = CultureInfo.InvariantCulture };
        using CsvWriter csv = CsvWriter.Create(stream, options, leaveOpen: true);
        csv.WriteHeader(
            ["input", "source", "points", "seconds", "points_per_second",
             .. columns.Select(label => string.Create(CultureInfo.InvariantCulture, $"count_{label}")),
             "mean_confidence", "status", "error"]);
        foreach (InputSummary row in rows) WriteRow(csv, row, columns);
        csv.Flush();
    }

    private static void WriteRow(CsvWriter csv, InputSummary row, int[] labels)
    {
        csv.WriteField(Redaction.Of(row.Input));
        csv.WriteField(Redaction.Of(row.Source));
        csv.WriteField(row.Points, default);
        csv.WriteField(row.Seconds, "0.###");
        csv.WriteField(row.Seconds > 0 ? row.Points / row.Seconds : 0, "0");
        foreach (int label in labels) csv.WriteField(row.LabelCounts.GetValueOrDefault(label), default);
        csv.WriteField(row.MeanConfidence, "0.####");
        csv.WriteField(row.Status.ToString().ToLowerInvariant());
        csv.WriteField(row.Error is null ? null : Redaction.Of(row.Error));
        csv.EndRecord();
    }
}
