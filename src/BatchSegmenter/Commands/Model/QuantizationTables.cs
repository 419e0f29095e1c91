using System.Globalization;
using BatchSegmenter.Inference.Calibration;
using Spectre.Console;

namespace BatchSegmenter.Commands.Model;

/// <summary>What quantising brought and cost, as tables for people.</summary>
internal static class QuantizationTables
{
    /// <summary>Writes the tables.</summary>
    public static void Write(IAnsiConsole console, QuantizationReport report)
    {
        // Redirected output has no width of its own; tables must not be folded there.
        if (Console.IsOutputRedirected) console.Profile.Width = 200;
        Table sum = Named("", "", "fp32", "int8", "change");
        Row(sum, "network, MB", Text($"{report.Float.Bytes / 1e6:F2}"), Text($"{report.Int8.Bytes / 1e6:F2}"), Text($"{(double)report.Int8.Bytes / report.Float.Bytes:P0}"));
        Row(sum, "ms per block, one thread", Text($"{report.Float.MillisecondsPerBlock:F2}"), Text($"{report.Int8.MillisecondsPerBlock:F2}"), Text($"{report.Speedup:F2} times as fast"));
        Row(sum, "mean IoU", Figure(report.Float.MeanIou), Figure(report.Int8.MeanIou), report.Loss is { } loss ? Text($"{-loss:+0.00;-0.00;0.00} points") : "");
        Row(sum, "accuracy", Figure(report.Float.Accuracy), Figure(report.Int8.Accuracy), report.Int8.Accuracy - report.Float.Accuracy is { } more ? Text($"{100 * more:+0.00;-0.00;0.00} points") : "");
        console.Write(sum);
        if (report.Surveys.Count > 1)
        {
            Table surveys = Named("Mean IoU by survey", "survey", "points counted", "fp32", "int8");
            foreach (SurveyLoss survey in report.Surveys) Row(surveys, survey.Name, Text($"{survey.Counted:N0}"), Figure(survey.MeanIouBefore), Figure(survey.MeanIouAfter));
            console.Write(surveys);
        }

        Table layers = Named("Layers", "layer", "channels", "labels changed by it alone", "arithmetic");
        foreach (LayerFinding layer in report.Layers) Row(layers, layer.Name, $"{layer.Inputs} to {layer.Outputs}", Text($"{layer.LabelChange:P3}"), layer.Quantized ? "int8" : "fp32");
        console.Write(layers);
        console.WriteLine(Text($"{report.LabelChange:P3} of the labels of {report.Blocks} calibration blocks change; measured on {report.Processor}, ONNX Runtime {report.Runtime}"));
    }

    private static Table Named(string title, params string[] columns)
    {
        Table table = new Table().Border(TableBorder.Simple);
        if (title.Length > 0) table.Title(Markup.Escape(title));
        for (int column = 0; column < columns.Length; column++)
            table.AddColumn(new TableColumn(Markup.Escape(columns[column])) { Alignment = column == 0 ? Justify.Left : Justify.Right });
        return table;
    }

    private static void Row(Table table, params string[] cells) => table.AddRow(cells.Select(Markup.Escape).ToArray());

    private static string Figure(double? value) => value is { } known ? known.ToString("F4", CultureInfo.InvariantCulture) : "–";

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
