using System.CommandLine;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Calibration;
using Spectre.Console;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model quantize</c>: a bundle whose large layers are computed with bytes, if that costs too little to matter.</summary>
internal static class ModelQuantizeCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Command command = new("quantize", "Make an int8 bundle of one in fp32, and measure what it costs.\nExit codes: 0 written, 1 not written, as too much accuracy would be lost or content is bad, 2 wrong options.");
        new GateOptions().AddTo(command, (_, gate, cancellation) => QuantizeAsync(gate, cancellation));
        return command;
    }

    private static async Task<int> QuantizeAsync(BundleGate gate, CancellationToken cancellation)
    {
        ModelBundle source = ModelBundle.Load(gate.Folder);
        BundleQuantization.RequireFloat(source);
        List<BlockTensors> blocks = await gate.BlocksAsync(source, cancellation);
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("quantize");
        try
        {
            QuantizedNetwork network = NetworkQuantization.Quantize(source, blocks, BundleGate.Note);
            ModelBundle made = BundleQuantization.Write(source, network, Path.Combine(scratch.FullName, "bundle"));
            GateReport compared = await gate.CompareAsync(source, made, blocks, cancellation);
            QuantizationReport report = new(compared, "int8", network);
            return gate.Conclude(source, report, report.Precision, () => QuantizationTables.Write(AnsiConsole.Console, report), () => BundleQuantization.Write(source, network, gate.Output, report.ToJson()));
        }
        finally
        {
            foreach (BlockTensors block in blocks) block.Neighbourhoods.Dispose();
            scratch.Delete(recursive: true);
        }
    }
}
