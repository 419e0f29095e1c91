using BatchSegmenter.Onnx.Pruning;
using Spectre.Console;
using static BatchSegmenter.Commands.Model.GateTables;

namespace BatchSegmenter.Commands.Model;

/// <summary>What pruning brought and cost, as tables for people.</summary>
internal static class PruningTables
{
    /// <summary>Writes the tables.</summary>
    public static void Write(IAnsiConsole console, PruningReport report)
    {
        GateTables.Write(console, report, "before", "pruned");
        Table widths = Named("Widths", "layer", "channels", "kept", "change of what its readers give");
        foreach (PrunedWidth width in report.Widths) Row(widths, width.Layer, Text($"{width.Before}"), Text($"{width.After}"), Text($"{width.Change:P2}"));
        console.Write(widths);
        console.WriteLine(Text($"multiply-adds of a block {report.MultiplyAddsBefore / 1e6:F0} to {report.MultiplyAddsAfter / 1e6:F0} million"));
        if (report.FineTuningSteps > 0) console.WriteLine(Text($"{report.FineTuningSteps} steps of fine-tuning brought the mean IoU from {Figure(report.MeanIouUntrained)} to {Figure(report.MeanIouTrained)}; the better of the two is taken"));
        console.WriteLine(Text($"{report.Blocks} calibration blocks; measured on {report.Processor}, ONNX Runtime {report.Runtime}"));
    }
}
