using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using BatchSegmenter.Commands;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands;

[Collection("console")]
public sealed class RunCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _messages = new();
    private readonly TextWriter _standardError = Console.Error;

    public RunCommandTests()
    {
        Console.SetError(TextWriter.Synchronized(_messages));
        SampleBundle.Write(_folder["bundle"]);
        _folder.Write("night.json", """{ "inputs": ["in"], "model": "bundle", "output": "out", "write": { "las": {} } }""");
    }

    public void Dispose()
    {
        Console.SetError(_standardError);
        _folder.Dispose();
    }

    [Fact]
    public async Task A_run_whose_inputs_are_all_done_is_0_and_reports_itself()
    {
        Survey("a", 800);
        Survey("b", 400);

        Assert.Equal(0, await Run());

        Assert.Equal(["las/a.las", "las/b.las", "points/source=a/part-00000.parquet", "points/source=b/part-00000.parquet", "summary.csv"], Outputs());
        string[] summary = File.ReadAllLines(_folder["out/summary.csv"]);
        Assert.Equal(3, summary.Length);
        Assert.Contains(",done,", summary[1]);
        using JsonDocument report = Report();
        Assert.Equal((0, 1200), (report.RootElement.GetProperty("exitCode").GetInt32(), report.RootElement.GetProperty("counts").GetProperty("points").GetInt32()));
        Assert.Equal(ModelBundle.Load(_folder["bundle"]).Id, report.RootElement.GetProperty("model").GetString());
        JsonElement setup = report.RootElement.GetProperty("setup");
        Assert.Equal(
            ("cpu", Environment.ProcessorCount, 1, 1, "standard"),
            (setup.GetProperty("provider").GetString(), setup.GetProperty("sessions").GetInt32(), setup.GetProperty("threads").GetInt32(), setup.GetProperty("blocksPerBatch").GetInt32(), setup.GetProperty("origin").GetString()));
        Assert.Contains("2 of 2 inputs, 1,200 points", _messages.ToString());
    }

    [Fact]
    public async Task A_run_with_a_broken_input_is_1_and_names_it()
    {
        Survey("a", 500);
        string broken = Survey("b", 500);
        using (FileStream file = File.OpenWrite(broken)) file.SetLength(file.Length - 1000);
        Survey("c", 500);

        Assert.Equal(1, await Run());

        Assert.Equal(["las/a.las", "las/c.las", "points/source=a/part-00000.parquet", "points/source=c/part-00000.parquet", "summary.csv"], Outputs());
        Assert.Contains(broken, _messages.ToString());
        Assert.DoesNotContain("   at ", _messages.ToString()); // no stack trace
        Assert.Contains(",failed,", File.ReadAllLines(_folder["out/summary.csv"])[2]);
        using JsonDocument report = Report();
        Assert.Equal(1, report.RootElement.GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task More_failures_than_allowed_are_3()
    {
        for (int i = 0; i < 3; i++) _folder.Write($"in/{i}.las", "no survey");

        Assert.Equal(3, await Run("--set", "limits.maxFailures=1", "--set", "limits.cores=1"));
        Assert.Contains("limits.maxFailures allows 1", _messages.ToString());
        Assert.Equal(1, await Run("--set", "limits.maxFailures=3", "--retry-quarantined"));
    }

    [Fact]
    public async Task Outputs_that_cannot_be_written_in_the_middle_are_3()
    {
        Survey("a", 100);
        _folder.Write("out/points", "a file where a folder should be");

        Assert.Equal(3, await Run());
        Assert.Contains("cannot be written", _messages.ToString());
        Assert.DoesNotContain(Outputs(), path => path.EndsWith(".las"));
    }

    [Fact]
    public async Task An_output_folder_that_cannot_be_made_is_2()
    {
        Survey("a", 100);
        _folder.Write("out", "a file where a folder should be");

        Assert.Equal(2, await Run());
        Assert.Contains($"output {_folder["out"]} cannot be written", _messages.ToString());
    }

    [Fact]
    public async Task A_missing_model_is_2()
    {
        Survey("a", 100);

        Assert.Equal(2, await Run("--model", _folder["nowhere"]));
        Assert.Contains(_folder["nowhere"], _messages.ToString());
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Theory]
    [InlineData("model.onnx")]
    [InlineData("model.json")]
    public async Task A_bundle_with_one_flipped_bit_is_2(string file)
    {
        Survey("a", 100);
        byte[] bytes = File.ReadAllBytes(_folder[$"bundle/{file}"]);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(_folder[$"bundle/{file}"], bytes);

        Assert.Equal(2, await Run());
        Assert.Contains(file, _messages.ToString());
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task A_bundle_that_the_pipeline_does_not_trust_is_2()
    {
        Survey("a", 100);
        _folder.Write("trust.json", """{ "inputs": ["in"], "model": "bundle", "output": "out", "trust": { "requireSignature": true, "keys": ["keys/mapping.pem"] } }""");
        using X509Certificate2 mapping = Certificate("Mapping"), other = Certificate("Other");

        await Refused("mapping.pem: there is no such file");
        _folder.Write("keys/mapping.pem", mapping.ExportCertificatePem());
        await Refused("the bundle is not signed; expected a signature by CN=Mapping");
        Sign(other);
        await Refused("the bundle is signed by CN=Other");
        Sign(mapping);
        Assert.Equal(0, await Invoke([_folder["trust.json"], "--progress", "off"], default));
        using JsonDocument report = Report();
        Assert.StartsWith("CN=Mapping", report.RootElement.GetProperty("modelSigner").GetString());
        Directory.Delete(_folder["out"], recursive: true);
        File.AppendAllText(_folder["bundle/signature.jws"], "A");
        await Refused("the signature is broken");

        async Task Refused(string told)
        {
            Assert.Equal(2, await Invoke([_folder["trust.json"], "--progress", "off"], default));
            Assert.Contains(told, _messages.ToString());
            Assert.False(Directory.Exists(_folder["out"]));
        }

        void Sign(X509Certificate2 certificate)
        {
            _folder.Write("signer.pem", certificate.ExportCertificatePem() + "\n" + certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            using SigningCertificate signer = SigningCertificate.Load(_folder["signer.pem"]);
            BundleSigner.Sign(_folder["bundle"], signer, TimeProvider.System);
        }

        static X509Certificate2 Certificate(string name) => new CertificateRequest($"CN={name}", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    [Theory]
    [InlineData("--set", "limits.kores=2", "limits.kores")]
    [InlineData("--set", "limits.cores=none", "limits.cores")]
    [InlineData("--set", "write.las.format=e57", "write.las.format")]
    [InlineData("--input", "/nowhere/a.las", "/nowhere/a.las")]
    [InlineData("--input", "/nowhere/*.las", "no file matches")]
    [InlineData("--shard", "3/2", "--shard 3/2: expected I/N")]
    public async Task What_cannot_be_asked_for_is_2(string option, string value, string told)
    {
        Survey("a", 100);

        Assert.Equal(2, await Run(option, value));
        Assert.Contains(told, _messages.ToString());
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task A_pipeline_file_that_is_not_there_is_2() => Assert.Equal(2, await Invoke([_folder["day.json"]], default));

    [Fact]
    public async Task The_command_line_comes_before_the_file()
    {
        Survey("a", 200);
        string other = SampleSurvey.Write(_folder["elsewhere/b.las"], SampleSurvey.Points(100));

        Assert.Equal(0, await Run("--input", other, "--output", _folder["there"], "--set", "write.las=false"));

        Assert.True(File.Exists(_folder["there/points/source=b/part-00000.parquet"]));
        Assert.False(Directory.Exists(_folder["there/las"]) || Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task An_empty_folder_is_a_warning()
    {
        Directory.CreateDirectory(_folder["in"]);

        Assert.Equal(0, await Run());
        Assert.Contains("warning:", _messages.ToString());
    }

    [Fact]
    public async Task Each_line_is_an_object_where_programs_listen()
    {
        Survey("a", 100);
        _folder.Write("in/b.las", "no survey");

        Assert.Equal(1, await Run("--log", "json"));

        string[] lines = [.. _messages.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith('{'))];
        JsonElement[] objects = [.. lines.Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Contains(objects, line => line.GetProperty("level").GetString() == "error" && line.GetProperty("stage").GetString() == "read");
        Assert.Equal(1, objects.Single(line => line.GetProperty("level").GetString() == "finished").GetProperty("exitCode").GetInt32());
    }

    [Fact]
    public async Task A_cancelled_run_is_130_keeps_what_is_done_and_leaves_no_half_files()
    {
        // The last five, in the order of names, are larger: a quick machine shall not be done before it is told to end.
        for (int i = 0; i < 30; i++) Survey($"{i}", Points($"{i}"));
        using CancellationTokenSource cancellation = new();

        Task<int> run = Invoke([_folder["night.json"], "--progress", "off"], cancellation.Token);
        while (!File.Exists(_folder["out/las/0.las"]) && !run.IsCompleted) Thread.Sleep(1); // on this thread: a timer would wait for others
        cancellation.Cancel();

        Assert.Equal(130, await run);
        string[] outputs = Outputs();
        Assert.Contains("las/0.las", outputs);
        Assert.DoesNotContain(outputs, path => path.EndsWith(".tmp"));
        Assert.Contains(",cancelled,", File.ReadAllText(_folder["out/summary.csv"]));
        Assert.All(outputs.Where(path => path.EndsWith(".las")), path => Assert.Equal(
            Points(Path.GetFileNameWithoutExtension(path)), PointCloudInspection.Of(_folder[$"out/{path}"], false, true).PointCount));

        static int Points(string name) => name is "5" or "6" or "7" or "8" or "9" ? 60_000 : 800;
    }

    private string Survey(string name, int points) => SampleSurvey.Write(_folder[$"in/{name}.las"], SampleSurvey.Points(points));

    private Task<int> Run(params string[] options) => Invoke([_folder["night.json"], "--progress", "off", .. options], default);

    private static Task<int> Invoke(string[] arguments, CancellationToken cancellation) =>
        RunCommand.Create().Parse(arguments).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, cancellation);

    private JsonDocument Report() => JsonDocument.Parse(File.ReadAllText(Directory.GetFiles(_folder["out/_runs"], "run.json", SearchOption.AllDirectories).Single()));

    /// <summary>All files of the output but reports, ledger and quarantine, with paths below it.</summary>
    private string[] Outputs() =>
        [.. Directory.GetFiles(_folder["out"], "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(_folder["out"], path).Replace('\\', '/'))
            .Where(path => !path.StartsWith('_')).Order(StringComparer.Ordinal)];
}
