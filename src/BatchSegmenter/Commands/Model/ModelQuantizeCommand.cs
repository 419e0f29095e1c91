using System.CommandLine;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Calibration;
using Spectre.Console;

namespace BatchSegmenter.Commands.Model;

/// <summary><c>batchsegmenter model quantize</c>: a bundle whose layers are computed with bytes or in half precision, if that costs too little to matter.</summary>
internal static class ModelQuantizeCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Option<string> precision = new("--precision") { Description = "int8 for processors, fp16 for accelerators.", HelpName = "int8|fp16", DefaultValueFactory = _ => "int8" };
        Command command = new("quantize", "Make an int8 or fp16 bundle of one in fp32, and measure what it costs.\nExit codes: 0 written, 1 not written, as too much accuracy would be lost or content is bad, 2 wrong options.") { precision };
        new GateOptions().AddTo(command, (parsed, gate, cancellation) => parsed.GetValue(precision) is "int8" or "fp16"
            ? QuantizeAsync(gate, parsed.GetRequiredValue(precision), cancellation)
            : throw new FormatException($"--precision: found \"{parsed.GetValue(precision)}\"; expected int8 or fp16"));
        return command;
    }

    private static async Task<int> QuantizeAsync(BundleGate gate, string precision, CancellationToken cancellation)
    {
        ModelBundle source = ModelBundle.Load(gate.Folder);
        BundleQuantization.RequireFloat(source);
        List<BlockTensors> blocks = await gate.BlocksAsync(source, cancellation);
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("quantize");
        try
        {
            QuantizedNetwork network = precision == "fp16" ? NetworkQuantization.Halve(source, blocks, BundleGate.Note) : NetworkQuantization.Quantize(source, blocks, BundleGate.Note);
            ModelBundle made = BundleQuantization.Write(source, network, Path.Combine(scratch.FullName, "bundle"));
            ModelBundle? judged = null;
            if (network.Imitation is { } imitation)
            {
                BundleGate.Note("fp16 is for accelerators: accuracy is judged with every result rounded as they do it, and speeds are those of this processor, which computes it by way of fp32");
                judged = ModelBundleWriter.Write(Path.Combine(scratch.FullName, "imitation"), source.Description, imitation);
            }
            GateReport compared = await gate.CompareAsync(source, made, blocks, cancellation, judged);
            QuantizationReport report = new(compared, precision, network);
            return gate.Conclude(source, report, report.Precision, () => QuantizationTables.Write(AnsiConsole.Console, report), () => BundleQuantization.Write(source, network, gate.Output, report.ToJson()));
        }
        finally
        {
            foreach (BlockTensors block in blocks) block.Neighbourhoods.Dispose();
            scratch.Delete(recursive: true);
        }
    }
}
