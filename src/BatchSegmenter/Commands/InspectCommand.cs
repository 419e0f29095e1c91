using System.CommandLine;
using System.Globalization;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;
using Spectre.Console;

namespace BatchSegmenter.Commands;

/// <summary><c>batchsegmenter inspect</c>: what a point cloud file holds.</summary>
internal static class InspectCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> file = new("FILE|URL") { Description = "A point cloud of any format that is read, or one in an archive (archive.zip!/folder/cloud.laz), or a blob (azure://container/cloud.laz)." };
        Option<bool> stats = new("--stats") { Description = "Read every point: class counts, range and mean of each attribute." };
        Option<bool> checksum = new("--checksum") { Description = "Read every point: SHA-256 of the uncompressed point records." };
        Option<bool> json = new("--json") { Description = "Print one JSON object instead of tables." };
        Command command = new("inspect", "Show what a point cloud file holds: format, count, bounds, reference system, attributes, classes.")
            { file, stats, checksum, json };
        command.SetAction((parsed, cancellation) => Task.FromResult(FileCommand.Run(parsed.GetRequiredValue(file), path =>
        {
            using PointCloudReader reader = StoreAddress.IsRemote(path) ? RemoteInputs.OpenAsync(path, cancellation: cancellation).GetAwaiter().GetResult() : PointCloudReader.Open(path);
            PointCloudInspection inspection = PointCloudInspection.Of(reader, path, parsed.GetValue(stats), parsed.GetValue(checksum), cancellation);
            if (parsed.GetValue(json)) Console.Out.WriteLine(inspection.ToJson());
            else Write(AnsiConsole.Console, inspection);
            return 0;
        }, takesAddresses: true)));
        return command;
    }

    private static void Write(IAnsiConsole console, PointCloudInspection cloud)
    {
        Grid grid = new Grid().AddColumn().AddColumn();
        void Row(string name, string? value)
        {
            if (value is not null) grid.AddRow(new Text(name, new Style(decoration: Decoration.Bold)), new Text(value));
        }

        Row("file", cloud.Path);
        Row("format", cloud.Version is null ? cloud.Format : $"{cloud.Format} {cloud.Version}, point format {cloud.PointFormat}, {cloud.RecordLength} bytes per point");
        Row("points", cloud.PointCount.ToString("N0", CultureInfo.InvariantCulture));
        if (cloud.Bounds is { } box)
        {
            Row("from", Axes(box.Min));
            Row("to", Axes(box.Max));
        }

        if (cloud.Scale is { } scale) Row("scale", Axes(scale));
        if (cloud.Offset is { } offset) Row("offset", Axes(offset));
        Row("reference", cloud.Crs is not { } crs ? "none given, metres presumed"
            : $"{(crs.Epsg is { } epsg ? $"EPSG {epsg}" : "no EPSG code")}, {crs.Kind.ToString().ToLowerInvariant()}, unit {crs.HorizontalUnit} m, vertical {crs.VerticalUnit} m");
        Row("attributes", string.Join(' ', cloud.Attributes));
        Row("labelled by", cloud.LabelledBy is { } model ? $"{model.Name} {model.Version}, bundle {model.Bundle}" : null);
        foreach (string remark in cloud.Remarks ?? []) Row("remark", remark);
        Row("records", cloud.RecordsSha256 is { } sha ? $"SHA-256 {sha}" : null);
        console.Write(grid);

        if (cloud.Classification is { } classes)
        {
            Table table = new Table().AddColumn("class").AddColumn(new TableColumn("points").RightAligned()).AddColumn(new TableColumn("share").RightAligned());
            foreach ((int code, long points) in classes)
                table.AddRow($"{code}", points.ToString("N0", CultureInfo.InvariantCulture), $"{100.0 * points / Math.Max(1, cloud.PointCount):F1} %");
            console.Write(table);
        }

        if (cloud.Stats is not { } attributes) return;
        Table ranges = new Table().AddColumn("attribute");
        foreach (string heading in (ReadOnlySpan<string>)["least", "greatest", "mean"]) ranges.AddColumn(new TableColumn(heading).RightAligned());
        foreach ((string name, PointCloudInspection.Statistics values) in attributes)
            ranges.AddRow(Markup.Escape(name), Number(values.Min), Number(values.Max), Number(values.Mean));
        console.Write(ranges);
    }

    private static string Axes(double[] values) => string.Join("  ", values.Select(Number));

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
