using System.Globalization;
using BatchSegmenter.Inference.Benchmarking;
using Spectre.Console;

namespace BatchSegmenter.Commands.Model;

/// <summary>A benchmark as tables for people.</summary>
internal static class ModelBenchTables
{
    /// <summary>Writes the whole report.</summary>
    public static void Write(BenchmarkReport report)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Out) });
        if (Console.IsOutputRedirected) console.Profile.Width = 220;
        console.WriteLine(Text($"{report.Processor}, {report.Cores} cores, ONNX Runtime {report.Runtime}"));
        console.WriteLine(Text($"{report.BlockCount} blocks of {report.PointsPerBlock:0.#} points from {report.Blocks}, {report.Rounds} round(s)"));
        if (report.LoadAverage is [{ } before, { } after]) console.WriteLine(Text($"load of the machine {before:0.0} before, {after:0.0} after{(before > report.Cores ? ": it was busy otherwise, compare within this table only" : "")}"));
        foreach (SkippedSetup skipped in report.Skipped) console.WriteLine(Text($"{skipped.Bundle}: {skipped.Reason}"));
        foreach (IGrouping<string, SetupMeasurement> bundle in report.Measurements.GroupBy(measurement => measurement.Bundle)) Write(console, bundle.Key, [.. bundle]);
        foreach (BundleAccuracy accuracy in report.Accuracy)
            console.WriteLine(Text($"{accuracy.Bundle} on {accuracy.Provider}: overall accuracy {accuracy.OverallAccuracy:0.0000}, mean IoU {accuracy.MeanIou:0.0000} over {accuracy.Points:N0} points"));
    }

    private static void Write(IAnsiConsole console, string bundle, SetupMeasurement[] measurements)
    {
        Table table = Named($"{bundle}, {measurements[0].Precision}: a batch, milliseconds (95 % interval of the median), and throughput",
            "sessions×threads", "blocks", "stage", "p50", "interval", "p95", "p99", "points/s", "blocks/s", "CPU ms/block", "peak MB");
        foreach (SetupMeasurement it in measurements)
        {
            if (it.Neighbourhoods is not null) Row(table, it, "neighbourhoods", it.Neighbourhoods);
            Row(table, it, "network", it.Network);
            if (it.Neighbourhoods is not null) Row(table, it, "together", it.Together);
        }

        console.Write(table);
        if (measurements.All(it => it.Peak is null)) return;
        Table peaks = Named("Network against matrix products in fp32, thousand million multiply-adds a second (by medians)",
            "sessions×threads", "blocks", "million per block", "network", "products of its shapes", $"square of {ModelBenchmark.SquareEdge}", "share", "by least times", "by CPU time", "of square");
        foreach (SetupMeasurement it in measurements)
            if (it.Peak is { } peak)
                peaks.AddRow(Texts(
                    Way(it), $"{it.Setup.BlocksPerBatch}", $"{peak.MultiplyAddsPerBlock / 1e6:0.0}", $"{peak.NetworkRate / 1e9:0.0}", $"{peak.ProductsRate / 1e9:0.0}", $"{peak.SquareRate / 1e9:0.0}",
                    $"{peak.Share:P0}", $"{peak.LeastShare:P0}", $"{peak.CpuShare:P0}", $"{peak.ShareOfSquare:P0}"));
        console.Write(peaks);
    }

    private static void Row(Table table, SetupMeasurement it, string name, StageMeasurement stage) => table.AddRow(Texts(
        Way(it), $"{it.Setup.BlocksPerBatch}", $"{name}", $"{1e3 * stage.Seconds.P50:0.00}", $"{1e3 * stage.Seconds.MedianLow:0.00}–{1e3 * stage.Seconds.MedianHigh:0.00}",
        $"{1e3 * stage.Seconds.P95:0.00}", $"{1e3 * stage.Seconds.P99:0.00}", $"{stage.PointsPerSecond:N0}", $"{stage.BlocksPerSecond:0.0}", $"{1e3 * stage.CpuSecondsPerBlock:0.00}", $"{it.PeakMemoryBytes / 1e6:0}"));

    private static FormattableString Way(SetupMeasurement it) => $"{it.Setup.Provider} {it.Setup.Sessions}×{it.Setup.Threads}";

    private static Table Named(string title, params string[] columns)
    {
        Table table = new() { Title = new TableTitle(Markup.Escape(title)), Border = TableBorder.Simple };
        for (int i = 0; i < columns.Length; i++) table.AddColumn(new TableColumn(Markup.Escape(columns[i])) { Alignment = i is 0 or 2 ? Justify.Left : Justify.Right, NoWrap = true });
        return table;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string[] Texts(params FormattableString[] cells) => [.. cells.Select(cell => Markup.Escape(Text(cell)))];
}
