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
        Bar[] bars = [.. rows.Select((row, i) => BarOf(row, i, report.PointsPerBlock))];
        plot.Add.Bars(bars).Horizontal = true;
        plot.Axes.Left.SetTicks([.. Enumerable.Range(0, rows.Length).Select(i => (double)i)], [.. rows.Select(row => NameOf(row, report))]);
        plot.Axes.Left.MajorTickStyle.Length = 0;
        plot.Axes.SetLimits(left: 0, right: 1.3 * bars.Max(bar => bar.Value), bottom: -0.7, top: rows.Length - 0.3);
        plot.Title("Neighbourhoods and network, by the median, with its 95 % interval");
        plot.XLabel(string.Create(CultureInfo.InvariantCulture, $"points per second; {report.Processor}, {report.Cores} cores, blocks of {report.PointsPerBlock:0} points"));

        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        int height = Around + RowHeight * rows.Length;
        if (Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase)) plot.SaveSvg(path, Width, height);
        else plot.SavePng(path, Width, height);
    }

    private static Bar BarOf(SetupMeasurement row, int position, double pointsPerBlock)
    {
        double points = pointsPerBlock * row.Setup.BlocksPerBatch * row.Setup.Sessions;
        SampleSummary seconds = row.Together.Seconds;
        double rate = points / seconds.P50;
        return new Bar
        {
            Position = position,
            Value = rate,
            Error = (points / seconds.MedianLow - points / seconds.MedianHigh) / 2,
            Size = 0.6,
            FillColor = row.Precision == NetworkPrecision.Fp32 ? Colors.SteelBlue : row.Precision == NetworkPrecision.Int8 ? Colors.DarkOrange : Colors.SeaGreen,
            Label = string.Create(CultureInfo.InvariantCulture, $"{rate:N0}, p95 {1e3 * seconds.P95:0.0} ms"),
        };
    }

    private static string NameOf(SetupMeasurement row, BenchmarkReport report)
    {
        bool several = report.Measurements.Select(other => other.Bundle).Distinct().Count() > 1;
        return $"{(several ? Path.GetFileName(Path.TrimEndingDirectorySeparator(row.Bundle)) + " " : "")}{row.Precision} {row.Setup}";
    }
}
