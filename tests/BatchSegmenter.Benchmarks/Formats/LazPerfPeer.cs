using System.Diagnostics;

namespace BatchSegmenter.Benchmarks.Formats;

/// <summary>laz-perf, compiled to WebAssembly, in a process of Node.js that waits to be told to decode a file once more.</summary>
internal sealed class LazPerfPeer : IDisposable
{
    private static readonly string Folder = Path.Combine(Path.GetTempPath(), "batchsegmenter-peers");
    private readonly Process _node;

    /// <param name="file">The LAZ file.</param>
    /// <exception cref="InvalidOperationException">Node.js or the package cannot be had.</exception>
    public LazPerfPeer(string file)
    {
        Directory.CreateDirectory(Folder);
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "laz-perf")))
        {
            using Process npm = Start("npm", ["install", "laz-perf@0.0.7", "--no-audit", "--no-fund", "--prefix", Folder]);
            npm.WaitForExit();
            if (npm.ExitCode != 0) throw new InvalidOperationException($"npm install laz-perf ended with {npm.ExitCode}.");
        }

        _node = Start("node", [Path.Combine(AppContext.BaseDirectory, "Formats", "laz-perf-peer.mjs"), file]);
        Decode();
    }

    /// <summary>Decodes every point of the file.</summary>
    /// <returns>The number of points.</returns>
    public long Decode()
    {
        _node.StandardInput.WriteLine();
        return long.Parse(_node.StandardOutput.ReadLine() ?? throw new InvalidOperationException("laz-perf ended before its answer."));
    }

    public void Dispose()
    {
        _node.Kill();
        _node.Dispose();
    }

    private static Process Start(string program, string[] arguments) => Process.Start(
        new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = Folder })!;
}
