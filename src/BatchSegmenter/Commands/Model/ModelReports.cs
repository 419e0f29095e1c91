using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Commands.Model;

/// <summary>Tells people what a checkpoint was recognised as, and how a verification came out.</summary>
internal static class ModelReports
{
    public static void Write(RecognizedNetwork network)
    {
        Console.Out.WriteLine(network.Family);
        int width = network.Origins.Select(origin => origin.What.Length).DefaultIfEmpty().Max();
        foreach (ValueOrigin origin in network.Origins) Console.Out.WriteLine($"  {origin.What.PadRight(width)}  {origin.Value}  (from {origin.From})");
        foreach (string remark in network.Remarks) Console.Out.WriteLine($"  note: {remark}");
    }

    public static void Write(VerificationReport report)
    {
        foreach (VerificationCheck check in report.Checks)
            Console.Out.WriteLine($"{check.Outcome.ToString().ToLowerInvariant(),-7} {check.Name}{(check.On is null ? "" : $" on {check.On}")}: {check.Detail}");
        Console.Out.WriteLine(report.Passed ? "verified" : "NOT VERIFIED");
    }
}
