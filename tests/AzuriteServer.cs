using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Azure.Storage.Blobs;

namespace BatchSegmenter.Tests;

/// <summary>
/// The real Azurite, one for all tests of a process, in memory, at a port of its own. It is installed with npm into the user's cache if it is
/// not there; tests that need it are skipped where that fails. It ends with the tests, whatever ends them, since it watches its input.
/// </summary>
internal sealed class AzuriteServer
{
    private const string Version = "3.37.0", Account = "devstoreaccount1";

    // The emulator's key, which is the same everywhere and documented.
    private const string Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly Lazy<(AzuriteServer? Server, string Problem)> Shared = new(Start);

    private readonly Process _process;

    private AzuriteServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>Begins an address of the emulator.</summary>
    public string Service => ServiceAt(Port);

    /// <summary>The server; skips the test where there is none to be had.</summary>
    public static AzuriteServer Require()
    {
        Skip.If(Shared.Value.Server is null, Shared.Value.Problem);
        return Shared.Value.Server!;
    }

    public static string ServiceAt(int port) => $"http://127.0.0.1:{port}/{Account}";

    /// <summary>What opens the emulator, or a proxy before it.</summary>
    public static string ConnectionAt(int port, string key = Key) => $"DefaultEndpointsProtocol=http;AccountName={Account};AccountKey={key};BlobEndpoint={ServiceAt(port)};";

    /// <summary>A new container.</summary>
    public string NewContainer()
    {
        string name = $"test-{Guid.NewGuid():N}";
        Client(name).Create();
        return name;
    }

    /// <summary>A client for a container, of a version of the protocol that the server speaks.</summary>
    public BlobContainerClient Client(string container) => new(ConnectionAt(Port), container, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2025_05_05));

    private static (AzuriteServer?, string) Start()
    {
        try
        {
            string main = Path.Combine(Install(), "node_modules", "azurite", "dist", "src", "blob", "main.js");
            int port = FreePort();
            Process process = Run("node", ["-e", "process.stdin.resume(); process.stdin.on('end', () => process.exit(0)); require(process.argv[1]);", main,
                "--silent", "--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort", $"{port}"]);
            AppDomain.CurrentDomain.ProcessExit += (_, _) => process.Kill();
            for (long start = Stopwatch.GetTimestamp(); ; Thread.Sleep(100))
            {
                if (process.HasExited) return (null, $"Azurite ended with {process.ExitCode}: {process.StandardError.ReadToEnd()}");
                if (Stopwatch.GetElapsedTime(start) > TimeSpan.FromSeconds(60)) return (null, "Azurite did not listen within a minute");
                try
                {
                    using TcpClient client = new("127.0.0.1", port);
                    return (new(process, port), "");
                }
                catch (SocketException)
                {
                    // Not yet.
                }
            }
        }
        catch (Exception fault) when (fault is System.ComponentModel.Win32Exception or IOException or InvalidOperationException)
        {
            return (null, $"Azurite needs node and npm: {fault.Message}");
        }
    }

    private static string Install()
    {
        string cache = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.Create), "batchsegmenter");
        string folder = Path.Combine(cache, $"azurite-{Version}");
        if (Directory.Exists(folder)) return folder;
        string temporary = Directory.CreateDirectory(Path.Combine(cache, $".azurite-{Guid.NewGuid():N}")).FullName;
        string npm = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";
        using Process install = Run(npm, ["install", "--prefix", temporary, $"azurite@{Version}", "--no-audit", "--no-fund", "--silent"]);
        _ = install.StandardError.ReadToEndAsync();
        bool ended = install.WaitForExit(TimeSpan.FromMinutes(4));
        if (!ended) install.Kill(entireProcessTree: true);
        if (!ended || install.ExitCode != 0) throw new InvalidOperationException("npm could not install it");
        if (!Directory.Exists(folder)) Directory.Move(temporary, folder);
        return folder;
    }

    private static Process Run(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardError = true, UseShellExecute = false })!;

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
