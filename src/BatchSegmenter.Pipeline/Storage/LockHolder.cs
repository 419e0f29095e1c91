using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>The process that has a run lock, as the lock tells it.</summary>
/// <param name="Run">A number of its own for every try to take the lock.</param>
/// <param name="Host">The machine's name, for people.</param>
/// <param name="Machine">What tells machines, their starts and containers apart, within which a process id means one process.</param>
/// <param name="Process">The process id.</param>
/// <param name="Started">When the process started, since ids are used again.</param>
internal sealed record LockHolder(string Run, string Host, string Machine, int Process, DateTimeOffset Started)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Whether the process lives; null where that cannot be seen from here.</summary>
    public bool? IsAlive => Machine == ThisMachine() ? StartOf(Process) is { } start && (start - Started).Duration() < TimeSpan.FromSeconds(2) : null;

    /// <summary>This process.</summary>
    public static LockHolder Here() => new(Guid.NewGuid().ToString("N"), Environment.MachineName, ThisMachine(), Environment.ProcessId, StartOf(Environment.ProcessId) ?? default);

    /// <summary>Reads what <see cref="ToJson"/> wrote; null of <c>null</c>.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static LockHolder? Parse(byte[] content) => JsonSerializer.Deserialize<LockHolder>(content, Json);

    /// <summary>The lock's content.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"process {Process} on {Host}, started {Started:yyyy-MM-dd HH:mm:ss}Z");

    private static string ThisMachine() =>
        string.Join(' ', [Environment.MachineName, .. OperatingSystem.IsLinux() ? [Content("/proc/sys/kernel/random/boot_id"), new FileInfo("/proc/self/ns/pid").LinkTarget ?? ""] : (string[])[]]);

    private static string Content(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static DateTimeOffset? StartOf(int process)
    {
        try
        {
            using Process found = System.Diagnostics.Process.GetProcessById(process);
            return found.HasExited ? null : found.StartTime.ToUniversalTime();
        }
        catch (Exception fault) when (fault is ArgumentException or InvalidOperationException)
        {
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // Somebody else's process has the id. Whoever holds the lock writes to the same folder, so that is another one.
            return null;
        }
    }
}
