using BatchSegmenter.Inference.Calibration;
using Spectre.Console;
using static BatchSegmenter.Commands.Model.GateTables;

namespace BatchSegmenter.Commands.Model;

/// <summary>What quantising brought and cost, as tables for people.</summary>
internal static class QuantizationTables
{
    /// <summary>Writes the tables.</summary>
    public static void Write(IAnsiConsole console, QuantizationReport report)
    {
        GateTables.Write(console, report, "fp32", report.Precision);
        Table layers = Named("Layers", "layer", "channels", "labels changed by it alone", "arithmetic");
        foreach (LayerFinding layer in report.Layers) Row(layers, layer.Name, $"{layer.Inputs} to {layer.Outputs}", Text($"{layer.LabelChange:P3}"), layer.Quantized ? report.Precision : "fp32");
        console.Write(layers);
        console.WriteLine(Text($"{report.LabelChange:P3} of the labels of {report.Blocks} calibration blocks change; measured on {report.Processor}, ONNX Runtime {report.Runtime}"));
    }
}
