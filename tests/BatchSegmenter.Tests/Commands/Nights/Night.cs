using System.Diagnostics;
using System.Globalization;
using Azure.Storage.Blobs;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands.Nights;

/// <summary>Where the inputs, the model and the outputs of a night lie.</summary>
public enum Place
{
    /// <summary>In folders.</summary>
    Disk,

    /// <summary>At the real Azurite.</summary>
    Blobs,

    /// <summary>There, behind a proxy that spoils one request in twenty.</summary>
    SpoiledBlobs,
}

/// <summary>
/// What a night needs: small inputs, a small bundle, a pipeline file, a folder for temporary files, and a place for outputs. The test itself
/// reaches blobs without the proxy.
/// </summary>
internal sealed class Night : IDisposable
{
    /// <summary>The name of the output.</summary>
    public const string Output = "out";

    private const string Connection = "AZURE_STORAGE_CONNECTION_STRING";

    private readonly TemporaryFolder _folder = new();
    private readonly string? _connection = Environment.GetEnvironmentVariable(Connection);
    private readonly Dictionary<string, string> _environment = [];
    private readonly string? _container;

    public Night(Place place = Place.Disk, int seed = 1)
    {
        SampleBundle.Write(_folder["bundle"]);
        Directory.CreateDirectory(Temporary);
        if (place != Place.Disk)
        {
            AzuriteServer server = AzuriteServer.Require();
            _container = server.NewContainer();
            Blobs = server.Client(_container);
            Proxy = new(server.Port, place == Place.SpoiledBlobs ? 0.05 : 0, seed);
            Environment.SetEnvironmentVariable(Connection, AzuriteServer.ConnectionAt(server.Port));
            _environment[Connection] = AzuriteServer.ConnectionAt(Proxy.Port);
            Upload("bundle");
        }

        _folder.Write("night.json", $$"""{ "inputs": ["{{AddressOf("in")}}"], "model": "{{AddressOf("bundle")}}", "output": "{{AddressOf(Output)}}", "write": { "las": {} } }""");
    }

    /// <summary>The container; null where everything lies in folders.</summary>
    public BlobContainerClient? Blobs { get; }

    /// <summary>What the runs' requests for blobs go through; null where everything lies in folders.</summary>
    public FaultProxy? Proxy { get; }

    /// <summary>Requests that the proxy spoiled.</summary>
    public int Spoiled => Proxy?.Spoiled ?? 0;

    /// <summary>Full path of a file or folder of the night.</summary>
    public string this[string relativePath] => _folder[relativePath];

    /// <summary>Sets a variable in the environment of the runs that follow.</summary>
    public void Set(string variable, string value) => _environment[variable] = value;

    /// <summary>Writes an empty file.</summary>
    public void Write(string relativePath) => _folder.Write(relativePath);

    /// <summary>The folder for temporary files.</summary>
    public string Temporary => _folder["tmp"];

    /// <summary>Writes small inputs <c>in/0000.las</c> and so on, of 200 to 500 points.</summary>
    public void Surveys(int count)
    {
        for (int i = 0; i < count; i++) Survey($"{i:D4}", 200 + 37 * i % 300, seed: i);
        if (Blobs is not null) Upload("in");
    }

    /// <summary>Writes an input; the same for the same arguments.</summary>
    public string Survey(string name, int points, int seed = 1) => SampleSurvey.Write(_folder[$"in/{name}.las"], SampleSurvey.Points(points, seed));

    /// <summary>Starts a run.</summary>
    public NightProcess Start(params string[] options) => NightProcess.Start(["run", _folder["night.json"], "--progress", "off", .. options], Temporary, _environment);

    /// <summary>Runs to the end, on the disk, in another output, without anything that disturbs.</summary>
    /// <param name="options">What else the command line says.</param>
    /// <returns>What the outputs should be.</returns>
    public async Task<NightOutputs> UndisturbedAsync(params string[] options)
    {
        string output = _folder["undisturbed"];
        await RunAsync(0, ["--input", _folder["in"], "--model", _folder["bundle"], "--output", output, .. options]);
        return new(new LocalStore(output), null, Temporary);
    }

    /// <summary>Runs to the end, which must have the given code.</summary>
    /// <returns>What the run said.</returns>
    public async Task<string> RunAsync(int code, params string[] options)
    {
        using NightProcess run = Start(options);
        (int found, string messages) = await run.EndAsync();
        Assert.True(found == code, $"expected exit code {code}, found {found}:\n{messages}");
        return messages;
    }

    /// <summary>Runs a command line that names the program, as a person pastes it.</summary>
    public async Task<(int Code, string Messages)> ShellAsync(string command)
    {
        string program = $"batchsegmenter() {{ dotnet '{Path.Combine(AppContext.BaseDirectory, "batchsegmenter.dll")}' \"$@\"; }}";
        using Process shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{program}\n{command}"]) { RedirectStandardError = true })!;
        string messages = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, messages);
    }

    /// <summary>A number that the environment sets for longer tests.</summary>
    public static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;

    /// <summary>What runs have left in the output.</summary>
    public NightOutputs Outputs() => new(StoreAddress.Parse(AddressOf(Output)).Open(), Blobs, Temporary);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Connection, _connection);
        Proxy?.Dispose();
        _folder.Dispose();
    }

    private string AddressOf(string folder) => _container is null ? _folder[folder] : $"azure://{_container}/{folder}";

    private void Upload(string folder)
    {
        foreach (string path in Directory.GetFiles(_folder[folder], "*", SearchOption.AllDirectories))
        {
            using FileStream content = File.OpenRead(path);
            Blobs!.GetBlobClient($"{folder}/{Path.GetRelativePath(_folder[folder], path).Replace('\\', '/')}").Upload(content, overwrite: true);
        }
    }
}
