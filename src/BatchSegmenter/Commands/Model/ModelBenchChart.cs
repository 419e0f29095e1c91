using System.Globalization;
using BatchSegmenter.Inference.Benchmarking;
using ScottPlot;

namespace BatchSegmenter.Commands.Model;

/// <summary>A benchmark as a chart: a bar for each way of running a bundle, as long as its throughput.</summary>
internal static class ModelBenchChart
{
    private const int Width = 1000, RowHeight = 46, Around = 140;

    /// <summary>Draws the chart.</summary>
    /// <param name="report">With at least one measurement.</param>
    /// <param name="path">Ends in <c>.png</c> or <c>.svg</c>; its folder is made.</param>
    public static void Save(BenchmarkReport report, string path)
    {
        using Plot plot = new();
        SetupMeasurement[] rows = [.. report.Measurements.Reverse()];
        double longest = rows.Max(row => Rate(row, report, row.Together.Seconds.MedianLow));
        Bar[] bars = [.. rows.Select((row, i) => new Bar { Position = i, Value = Rate(row, report, row.Together.Seconds.P50), Size = 0.6, FillColor = ColorOf(row) })];
        plot.Add.Bars(bars).Horizontal = true;
        for (int i = 0; i < rows.Length; i++) AddInterval(plot, i, rows[i], report, longest);
        plot.Axes.Left.SetTicks([.. Enumerable.Range(0, rows.Length).Select(i => (double)i)], [.. rows.Select(row => NameOf(row, report))]);
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Axes.SetLimits(left: 0, right: 1.35 * longest, bottom: -0.7, top: rows.Length - 0.3);
        plot.Title("Neighbourhoods and network: the median and its 95 % interval");
        plot.XLabel(string.Create(CultureInfo.InvariantCulture, $"points per second; {report.Processor}, {report.Cores} cores, blocks of {report.PointsPerBlock:0} points"));

        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        int height = Around + RowHeight * rows.Length;
        if (Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase)) plot.SaveSvg(path, Width, height);
        else plot.SavePng(path, Width, height);
    }

    private static void AddInterval(Plot plot, int position, SetupMeasurement row, BenchmarkReport report, double longest)
    {
        SampleSummary seconds = row.Together.Seconds;
        (double low, double high) = (Rate(row, report, seconds.MedianHigh), Rate(row, report, seconds.MedianLow));
        plot.Add.Line(low, position, high, position).LineColor = Colors.Black;
        string label = string.Create(CultureInfo.InvariantCulture, $"{Rate(row, report, seconds.P50):N0}, p95 {1e3 * seconds.P95:0.0} ms");
        plot.Add.Text(label, high + 0.01 * longest, position).LabelStyle.Alignment = Alignment.MiddleLeft;
    }

    private static double Rate(SetupMeasurement row, BenchmarkReport report, double seconds) => report.PointsPerBlock * row.Setup.BlocksPerBatch * row.Setup.Sessions / seconds;

    private static Color ColorOf(SetupMeasurement row) => row.Precision switch
    {
        NetworkPrecision.Fp32 => Colors.SteelBlue,
        NetworkPrecision.Int8 => Colors.DarkOrange,
        _ => Colors.SeaGreen,
    };

    private static string NameOf(SetupMeasurement row, BenchmarkReport report)
    {
        bool several = report.Measurements.Select(other => other.Bundle).Distinct().Count() > 1;
        return $"{(several ? Path.GetFileName(Path.TrimEndingDirectorySeparator(row.Bundle)) + " " : "")}{row.Precision} {row.Setup}";
    }
}
