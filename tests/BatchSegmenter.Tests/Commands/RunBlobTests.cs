using System.CommandLine;
using System.IO.Compression;
using Azure.Storage.Blobs;
using BatchSegmenter.Commands;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands;

/// <summary>Runs whose inputs, model, outputs and ledger lie in a blob store, against the real Azurite.</summary>
[Collection("console")]
public sealed class RunBlobTests : IDisposable
{
    private const string Connection = "AZURE_STORAGE_CONNECTION_STRING";

    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _messages = new();
    private readonly TextWriter _standardError = Console.Error;
    private readonly string? _connection = Environment.GetEnvironmentVariable(Connection);
    private readonly BlobContainerClient _container;
    private readonly string _name;

    public RunBlobTests()
    {
        AzuriteServer server = AzuriteServer.Require();
        _name = server.NewContainer();
        _container = server.Client(_name);
        Environment.SetEnvironmentVariable(Connection, AzuriteServer.ConnectionAt(server.Port));
        Console.SetError(TextWriter.Synchronized(_messages));
        SampleBundle.Write(_folder["bundle"]);
        foreach ((string name, int points) in (ReadOnlySpan<(string, int)>)[("a", 900), ("north/b", 700), ("c", 0)]) Survey(name, points);
        using (ZipArchive zip = ZipFile.Open(_folder["in/old.zip"], ZipArchiveMode.Create))
            zip.CreateEntryFromFile(_folder["in/a.las"], "survey/d.las");
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable(Connection, _connection);
        Console.SetError(_standardError);
        _folder.Dispose();
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(0.05)]
    public async Task From_blobs_to_blobs_the_bytes_are_those_of_the_disk(double faults)
    {
        using FaultProxy proxy = new(AzuriteServer.Require().Port, faults, seed: 5);
        Upload("in", "archive");
        Upload("bundle", "models/sample");
        Environment.SetEnvironmentVariable(Connection, AzuriteServer.ConnectionAt(proxy.Port));

        Assert.Equal(0, await Run("in", "bundle", _folder["out"]));
        int ended = await Run($"azure://{_name}/archive", $"azure://{_name}/models/sample", $"azure://{_name}/labelled");
        Assert.True(ended == 0, _messages.ToString());

        SortedDictionary<string, byte[]> local = Local(), remote = Remote("labelled/");
        Assert.Equal(local.Keys, remote.Keys);
        Assert.Equal(8, local.Count);
        Assert.All(local, file => Assert.Equal(file.Value, remote[file.Key]));
        Assert.Equal(faults > 0, proxy.Spoiled > 0);
        Assert.Contains($"azure://{_name}/archive/north/b.las,north%2Fb,700,", Text("labelled/summary.csv"), StringComparison.Ordinal);
        Assert.Contains($"azure://{_name}/archive/old.zip!/survey/d.las", Text("labelled/summary.csv"), StringComparison.Ordinal);
        Assert.DoesNotContain(_container.GetBlobs(), blob => blob.Name.EndsWith(".lock", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_rerun_does_what_is_new_changed_or_lost()
    {
        Upload("in", "archive");
        string[] addresses = [$"azure://{_name}/archive/**/*.las", _folder["bundle"], $"azure://{_name}/labelled"];
        Assert.Equal(0, await Run(addresses));
        SortedDictionary<string, byte[]> first = Remote("labelled/");
        Survey("c", 50);
        Upload("in", "archive", "c.las");
        _container.DeleteBlob("labelled/las/a.laz");
        _messages.GetStringBuilder().Clear();

        Assert.Equal(0, await Run(addresses));

        SortedDictionary<string, byte[]> second = Remote("labelled/");
        Assert.Contains("2 of 3 inputs, 1 done before", _messages.ToString(), StringComparison.Ordinal);
        Assert.Contains($"azure://{_name}/archive/a.las: is done again, because las/a.laz is gone", _messages.ToString(), StringComparison.Ordinal);
        Assert.Equal(first["las/a.laz"], second["las/a.laz"]);
        Assert.NotEqual(first["las/c.laz"], second["las/c.laz"]);
    }

    [SkippableFact]
    public async Task A_dry_run_tells_of_blobs_and_changes_none()
    {
        Upload("in", "archive");
        string[] addresses = [$"azure://{_name}/archive/**/*.las", _folder["bundle"], $"azure://{_name}/labelled", "--dry-run"];
        string[] before = Blobs();
        TextWriter standardOutput = Console.Out;
        using StringWriter told = new();
        Console.SetOut(told);
        try
        {
            Assert.Equal(0, await Run(addresses));
        }
        finally
        {
            Console.SetOut(standardOutput);
        }

        Assert.Equal(before, Blobs());
        Assert.Contains($"new       700  las     EPSG 32631, metres  azure://{_name}/archive/north/b.las", told.ToString(), StringComparison.Ordinal);
        Assert.Contains("inputs   3 of 3 would be labelled", told.ToString(), StringComparison.Ordinal);

        string[] Blobs() => [.. _container.GetBlobs().Select(blob => $"{blob.Name} {blob.Properties.ETag}")];
    }

    [SkippableFact]
    public async Task What_is_not_there_is_named_before_anything_starts()
    {
        Assert.Equal(2, await Run($"azure://{_name}/nothing", _folder["bundle"], _folder["out"]));
        Assert.Contains($"azure://{_name}/nothing: no such blob, and none below it", _messages.ToString(), StringComparison.Ordinal);

        Assert.Equal(2, await Run("in", $"azure://{_name}/no-model", _folder["out"]));
        Assert.Contains($"azure://{_name}/no-model: there is no such folder", _messages.ToString(), StringComparison.Ordinal);

        Assert.Equal(2, await Run("in", "bundle", "azure://no-such-container/out"));
        Assert.Contains("azure://no-such-container/out", _messages.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [SkippableFact]
    public void Translate_reads_and_writes_blobs_and_where_only_paths_are_taken_an_address_is_refused()
    {
        Upload("in", "archive");
        Assert.Equal(0, TranslateCommand.Create().Parse([_folder["in/a.las"], _folder["a.laz"]]).Invoke());

        Assert.Equal(0, TranslateCommand.Create().Parse([$"azure://{_name}/archive/a.las", $"azure://{_name}/laz/a.laz"]).Invoke());
        Assert.Equal(0, TranslateCommand.Create().Parse([$"azure://{_name}/archive/old.zip!/survey/d.las", _folder["d.laz"]]).Invoke());
        Assert.Equal(2, TranslateCommand.Create().Parse([$"azure://{_name}/archive/none.las", $"azure://{_name}/laz/none.laz"]).Invoke());
        Assert.Equal(2, EvaluateCommand.Create().Parse(["--predicted", $"azure://{_name}/laz", "--truth", _folder["in"]]).Invoke());

        Assert.Equal(File.ReadAllBytes(_folder["a.laz"]), _container.GetBlobClient("laz/a.laz").DownloadContent().Value.Content.ToArray());
        Assert.Equal(File.ReadAllBytes(_folder["a.laz"]), File.ReadAllBytes(_folder["d.laz"]));
        Assert.Single(_container.GetBlobs(), blob => blob.Name.StartsWith("laz/", StringComparison.Ordinal));
        Assert.Contains($"azure://{_name}/archive/none.las: there is no such blob", _messages.ToString(), StringComparison.Ordinal);
        Assert.Contains($"azure://{_name}/laz: an address; this command takes paths of this machine alone", _messages.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_credential_that_does_not_open_the_store_is_not_shown()
    {
        string wrong = Convert.ToBase64String(new byte[64]);
        Environment.SetEnvironmentVariable(Connection, AzuriteServer.ConnectionAt(AzuriteServer.Require().Port, wrong));

        Assert.Equal(2, await Run($"azure://{_name}/archive", "bundle", "out"));

        Assert.Contains("access is refused (403", _messages.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(wrong, _messages.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Two_runs_on_one_output_exclude_each_other()
    {
        Upload("in", "archive");
        string[] addresses = [$"azure://{_name}/archive", _folder["bundle"], $"azure://{_name}/labelled"];
        string elsewhere = """{ "run": "1", "host": "night-2", "machine": "night-2", "process": 7, "started": "2026-11-24T01:02:03Z" }""";
        using CancellationTokenSource over = new();
        Task rewriting = Task.Run(async () =>
        {
            // As another machine does that holds the lock.
            for (int i = 0; !over.IsCancellationRequested; i++)
            {
                await _container.GetBlobClient("labelled/_ledger/run.lock").UploadAsync(BinaryData.FromString(elsewhere + new string(' ', i % 7)), overwrite: true);
                await Task.Delay(200);
            }
        });
        while (!await _container.GetBlobClient("labelled/_ledger/run.lock").ExistsAsync()) await Task.Delay(20);

        Assert.Equal(2, await Run(addresses));

        Assert.Contains("another run writes there: process 7 on night-2", _messages.ToString(), StringComparison.Ordinal);
        await over.CancelAsync();
        await rewriting;
    }

    private void Survey(string name, int points) => SampleSurvey.Write(_folder[$"in/{name}.las"], SampleSurvey.Points(points));

    private void Upload(string folder, string prefix, string pattern = "*")
    {
        foreach (string file in Directory.GetFiles(_folder[folder], pattern, SearchOption.AllDirectories))
        {
            using FileStream content = File.OpenRead(file);
            _container.GetBlobClient($"{prefix}/{Path.GetRelativePath(_folder[folder], file).Replace('\\', '/')}").Upload(content, overwrite: true);
        }
    }

    private async Task<int> Run(params string[] addresses)
    {
        (string input, string model, string output) = (addresses[0], addresses[1], addresses[2]);
        _folder.Write("night.json", $$"""{ "inputs": ["{{input}}"], "model": "{{model}}", "output": "{{output}}", "write": { "las": { "format": "laz" } } }""");
        return await RunCommand.Create().Parse([_folder["night.json"], "--progress", "off", .. addresses[3..]]).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    private SortedDictionary<string, byte[]> Local() => new(
        Directory.GetFiles(_folder["out"], "*", SearchOption.AllDirectories)
            .Select(path => (Name: Path.GetRelativePath(_folder["out"], path).Replace('\\', '/'), Path: path))
            .Where(file => IsOutput(file.Name)).ToDictionary(file => file.Name, file => File.ReadAllBytes(file.Path)), StringComparer.Ordinal);

    private SortedDictionary<string, byte[]> Remote(string prefix) => new(
        _container.GetBlobs().Where(blob => blob.Name.StartsWith(prefix, StringComparison.Ordinal) && IsOutput(blob.Name[prefix.Length..]))
            .ToDictionary(blob => blob.Name[prefix.Length..], blob => _container.GetBlobClient(blob.Name).DownloadContent().Value.Content.ToArray()), StringComparer.Ordinal);

    private string Text(string blob) => _container.GetBlobClient(blob).DownloadContent().Value.Content.ToString();

    private static bool IsOutput(string name) => name.StartsWith("points/", StringComparison.Ordinal) || name.StartsWith("las/", StringComparison.Ordinal);
}
