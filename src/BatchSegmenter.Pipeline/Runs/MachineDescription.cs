using System.Runtime.InteropServices;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>The machine that a run was made on.</summary>
/// <param name="Processor">The processor's name, as far as the system tells.</param>
/// <param name="Cores">Cores that the process may use.</param>
/// <param name="MemoryBytes">Memory that the process may use, bytes.</param>
/// <param name="OperatingSystem">The operating system and its version.</param>
public sealed record MachineDescription(string Processor, int Cores, long MemoryBytes, string OperatingSystem)
{
    /// <summary>This machine.</summary>
    public static MachineDescription Current { get; } = new(
        ProcessorName(), Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, RuntimeInformation.OSDescription);

    private static string ProcessorName()
    {
        try
        {
            const string Key = "model name";
            string? line = File.Exists("/proc/cpuinfo") ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(text => text.StartsWith(Key, StringComparison.Ordinal)) : null;
            if (line is not null) return line[(line.IndexOf(':') + 1)..].Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // A report is not worth failing for: the architecture alone is named below.
        }

        return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}
