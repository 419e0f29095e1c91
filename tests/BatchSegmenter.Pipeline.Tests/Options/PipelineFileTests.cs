using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Options;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests.Options;

public sealed class PipelineFileTests : IDisposable
{
    private const string Needed = """ "inputs": ["a.las"], "model": "m", "output": "o" """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_shortest_file_gets_the_defaults()
    {
        SegmentationOptions options = Load($"{{ {Needed} }}");

        Assert.Equal("x", options.Name);
        Assert.Equal([_folder["a.las"]], options.Inputs);
        Assert.Equal(_folder["m"], options.Model);
        Assert.Equal(_folder["o"], options.Output);
        Assert.False(options.InputsFromCommandLine);
        Assert.NotNull(options.Write.Points);
        Assert.Empty(options.Write.Points.Columns);
        Assert.Null(options.Write.Las);
        Assert.Equal([7, 18], options.Classes.Exclude);
        Assert.True(options.Classes.ExcludeWithheld);
        Assert.Equal(["cpu"], options.Inference.Providers);
        Assert.Null(options.Tiles.Edge);
        Assert.False(options.Tiles.AcrossFiles);
        Assert.Null(options.Limits.Memory);
        Assert.Null(options.Limits.Cores);
        Assert.Equal(FailureLimit.Unlimited, options.Limits.MaxFailures);
        Assert.Equal(3, options.Faults.Attempts);
        Assert.Equal(TimeSpan.FromMinutes(30), options.Faults.Timeout);
    }

    [Fact]
    public void Every_key_reaches_its_option()
    {
        SegmentationOptions options = Load($$"""
            // a comment
            {
              "$schema": "pipeline.schema.json", "name": "night", {{Needed}}, /* another */
              "write": {
                "points": { "format": "parquet", "columns": ["intensity", "gps_time"], "probabilities": true, "entropy": true },
                "las": { "format": "las", "confidence": true },
              },
              "classes": { "keep": [9, 17], "exclude": [12], "minConfidence": 0.5 },
              "tiles": { "edge": 120.5, "halo": 10, "acrossFiles": true },
              "inference": { "providers": ["cuda", "cpu"], "precision": "fp32", "sessions": 3, "threads": 2, "blocksPerBatch": 4, "device": [1, 0, 1] },
              "limits": { "memory": "2GiB", "cores": 3, "maxFailures": "0.5% of points", "scratch": "tmp" },
              "faults": { "attempts": 5, "timeout": "90s", "onCorruptChunk": "skip" },
              "trust": { "requireSignature": true, "keys": ["keys/mapping.pem"] },
            }
            """);

        Assert.Equal("night", options.Name);
        Assert.Equal(["intensity", "gps_time"], options.Write.Points!.Columns);
        Assert.True(options.Write.Points.Probabilities);
        Assert.True(options.Write.Points.Entropy);
        Assert.True(options.Write.Las!.Confidence);
        Assert.Equal([9, 17], options.Classes.Keep);
        Assert.Equal([12], options.Classes.Exclude);
        Assert.False(options.Classes.ExcludeWithheld);
        Assert.Equal(0.5, options.Classes.MinConfidence);
        Assert.Equal(120.5, options.Tiles.Edge);
        Assert.Equal(10, options.Tiles.Halo);
        Assert.True(options.Tiles.AcrossFiles);
        Assert.Equal(["cuda", "cpu"], options.Inference.Providers);
        Assert.Equal("fp32", options.Inference.Precision);
        Assert.Equal((3, 2), (options.Inference.Sessions, options.Inference.Threads));
        Assert.Equal([1, 0], options.Inference.Devices);
        Assert.Equal(4, options.Inference.BlocksPerBatch);
        Assert.Equal(2L << 30, options.Limits.Memory);
        Assert.EndsWith("tmp", options.Limits.Scratch);
        Assert.Equal(3, options.Limits.Cores);
        Assert.Equal(new FailureLimit(0.5m, FailureMeasure.ShareOfPoints), options.Limits.MaxFailures);
        Assert.Equal(5, options.Faults.Attempts);
        Assert.Equal(TimeSpan.FromSeconds(90), options.Faults.Timeout);
        Assert.Equal(CorruptChunks.Skip, options.Faults.OnCorruptChunk);
        Assert.True(options.Trust.RequireSignature);
        Assert.EndsWith(Path.Combine("keys", "mapping.pem"), Assert.Single(options.Trust.Keys));
    }

    [Fact]
    public void All_faults_come_in_one_go_with_key_and_line()
    {
        string[] faults = Faults("""
            {
              "inputs": "a.las",
              "model": "",
              "tiles": {
                "egde": 5,
                "halo": -1
              },
              "limits": { "cores": "many", "memory": "2 apples" }
            }
            """);

        Assert.Equal(
            [
                "x.json: inputs (line 2): found \"a.las\"; expected a list of paths",
                "x.json: model (line 3): found \"\"; expected the path of a model bundle's folder",
                "x.json: tiles.halo (line 6): found -1; expected metres, 0 or more, or \"auto\"",
                "x.json: tiles.egde (line 5): unknown key; expected edge, halo, acrossFiles",
                "x.json: limits.memory (line 8): found \"2 apples\"; expected bytes such as \"2GiB\" or \"800MB\", or \"auto\"",
                "x.json: limits.cores (line 8): found \"many\"; expected a whole number of at least 1, or \"all\"",
                "x.json: output: missing; expected the path of a folder",
            ],
            faults);
    }

    [Theory]
    [InlineData("\"trust\": { \"requireSignature\": true }", "trust.requireSignature", "accepted certificates in trust.keys")]
    [InlineData("\"inference\": { \"precision\": \"bf16\" }", "inference.precision", "does not exist yet")]
    [InlineData("\"faults\": { \"onCorruptChunk\": \"guess\" }", "faults.onCorruptChunk", "skip")]
    public void What_does_not_exist_yet_is_refused(string member, string key, string why)
    {
        string fault = Assert.Single(Faults($"{{ {Needed}, {member} }}"));

        Assert.Contains($"x.json: {key} (line 1): ", fault, StringComparison.Ordinal);
        Assert.Contains(why, fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("azure://archive/2026/")]
    [InlineData("https://account.blob.core.windows.net/container/a.las")]
    public void Addresses_of_blob_stores_stay_what_they_are(string url)
    {
        SegmentationOptions options = Load($$"""{ "inputs": ["{{url}}"], "model": "{{url}}", "output": "{{url}}" }""");

        Assert.All((string[])[options.Inputs[0], options.Model, options.Output], address => Assert.Equal(url.TrimEnd('/'), address));
    }

    [Theory]
    [InlineData("ftp://server/a.las", "expected a local path, azure://container/prefix")]
    [InlineData("https://example.com/a.las", "expected azure://container/prefix or https://ACCOUNT.blob.core.windows.net")]
    public void Other_addresses_are_refused(string url, string why)
    {
        string[] faults = Faults($$"""{ "inputs": ["{{url}}"], "model": "{{url}}", "output": "{{url}}" }""");

        Assert.Equal(3, faults.Length);
        Assert.All(faults, fault => Assert.Contains(why, fault, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"write\": 3", "write (line 1): found 3; expected an object")]
    [InlineData("\"write\": { \"points\": \"yes\" }", "write.points (line 1): found \"yes\"; expected an object, true or false")]
    [InlineData("\"write\": { \"points\": { \"entropy\": 1 } }", "write.points.entropy (line 1): found 1; expected true or false")]
    [InlineData("\"write\": { \"points\": { \"columns\": [\"speed\"] } }", "found \"speed\"; expected a list of intensity, ")]
    [InlineData("\"write\": { \"points\": false }", "nothing is left to write")]
    [InlineData("\"classes\": { \"keep\": [256] }", "classes.keep (line 1): found 256; expected a list of class codes from 0 to 255")]
    [InlineData("\"classes\": { \"keep\": 3 }", "classes.keep (line 1): found 3; expected")]
    [InlineData("\"classes\": { \"minConfidence\": 1.5 }", "found 1.5; expected a number from 0 to 1")]
    [InlineData("\"inference\": { \"providers\": [] }", "the list is empty")]
    [InlineData("\"inference\": { \"sessions\": 1.5 }", "found 1.5; expected a whole number from 1 to 1024, or \"auto\"")]
    [InlineData("\"inference\": { \"threads\": 0 }", "inference.threads (line 1): found 0; expected a whole number from 1 to 1024, or \"auto\"")]
    [InlineData("\"inference\": { \"blocksPerBatch\": 1025 }", "found 1025; expected a whole number from 1 to 1024, or \"auto\"")]
    [InlineData("\"inference\": { \"device\": -1 }", "found -1; expected the number of an accelerator, from 0, or a list of them such as [0, 1]")]
    [InlineData("\"inference\": { \"device\": [] }", "found a list; expected the number of an accelerator")]
    [InlineData("\"inference\": { \"device\": [0, \"gpu\"] }", "found \"gpu\"; expected the number of an accelerator")]
    [InlineData("\"limits\": { \"cores\": 0 }", "found 0; expected a whole number of at least 1")]
    [InlineData("\"limits\": { \"maxFailures\": -1 }", "found -1; expected a number of inputs, a share of them such as \"1%\"")]
    [InlineData("\"limits\": { \"maxFailures\": \"101%\" }", "found \"101%\"; expected a number of inputs")]
    [InlineData("\"faults\": { \"attempts\": 0 }", "faults.attempts (line 1): found 0; expected a whole number from 1 to 100")]
    [InlineData("\"faults\": { \"attempts\": 2.5 }", "found 2.5; expected a whole number from 1 to 100")]
    [InlineData("\"faults\": { \"timeout\": \"soon\" }", "faults.timeout (line 1): found \"soon\"; expected a time such as \"90s\"")]
    [InlineData("\"limits\": null", "found null; expected an object")]
    [InlineData("\"nmae\": 1", "nmae (line 1): unknown key; expected $schema, name, inputs, model, output, write, classes, tiles")]
    public void A_wrong_value_is_refused(string member, string expected) =>
        Assert.Contains(expected, Assert.Single(Faults($"{{ {Needed}, {member} }}")), StringComparison.Ordinal);

    [Fact]
    public void A_file_in_another_encoding_is_refused_with_the_line()
    {
        string path = _folder.Write("x.json");
        File.WriteAllBytes(path, System.Text.Encoding.Latin1.GetBytes($"{{ {Needed},\n \"name\": \"Höhe\" }}"));

        ConfigurationException fault = Assert.Throws<ConfigurationException>(() => PipelineFile.Load(path));

        Assert.Contains("x.json (line 2): a string holds bytes that are no UTF-8", fault.Message);
    }

    [Theory]
    [InlineData("", "x.json (line 1): is not valid JSON: ")]
    [InlineData("{\n\"a\" 1}", "x.json (line 2): is not valid JSON: ")]
    [InlineData("{} {}", "x.json (line 1): is not valid JSON: ")]
    [InlineData("[]", "x.json (line 1): found a list; expected an object")]
    [InlineData("{\n\"name\": \"a\",\n\"name\": \"b\"}", "x.json: name (line 3): given twice, first on line 2")]
    public void What_is_no_object_is_refused(string text, string expected) =>
        Assert.StartsWith(expected, Assert.Single(Faults(text)).Replace(_folder.Path + "/", "", StringComparison.Ordinal), StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_and_a_folder_are_refused()
    {
        Assert.Equal("no/x.json: no such pipeline file", Assert.Throws<ConfigurationException>(() => PipelineFile.Load("no/x.json")).Message);
        Assert.Contains("is a folder", Assert.Throws<ConfigurationException>(() => PipelineFile.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_line_replaces_paths_from_the_working_directory()
    {
        SegmentationOptions options = Load($"{{ {Needed} }}", new() { Inputs = ["b/*.laz"], Output = "p", Model = "n" });

        Assert.Equal([Path.GetFullPath("b/*.laz")], options.Inputs);
        Assert.True(options.InputsFromCommandLine);
        Assert.Equal(Path.GetFullPath("p"), options.Output);
        Assert.Equal(Path.GetFullPath("n"), options.Model);
    }

    [Fact]
    public void What_the_command_line_gives_need_not_stand_in_the_file() =>
        Assert.Equal(Path.GetFullPath("p"), Load("{}", new() { Inputs = ["a"], Output = "p", Model = "n" }).Output);

    [Fact]
    public void Set_replaces_one_key()
    {
        SegmentationOptions options = Load(
            $$"""{ {{Needed}}, "limits": { "cores": 1, "maxFailures": 1 }, "write": { "las": false } }""",
            new()
            {
                Settings = ["limits.cores=2", "limits.maxFailures=3", "classes.keep=[9]", "write.las.confidence=true", "name=a=b"],
            });

        Assert.Equal(2, options.Limits.Cores);
        Assert.Equal(FailureLimit.OfInputs(3), options.Limits.MaxFailures);
        Assert.Equal([9], options.Classes.Keep);
        Assert.True(options.Write.Las!.Confidence);
        Assert.Equal("a=b", options.Name);
    }

    [Theory]
    [InlineData("limits.cores", "--set limits.cores: expected KEY=VALUE, for example limits.cores=2")]
    [InlineData("=2", "--set =2: expected KEY=VALUE, for example limits.cores=2")]
    [InlineData("limits.cores=two", "--set limits.cores: found \"two\"; expected a whole number of at least 1, or \"all\"")]
    [InlineData("limits.cors=2", "--set limits.cors: unknown key; expected memory, cores, maxFailures, scratch")]
    [InlineData("tiles.acrossFiles=yes", "--set tiles.acrossFiles: found \"yes\"; expected true or false")]
    public void A_wrong_setting_names_itself(string setting, string expected) =>
        Assert.Equal(expected, Assert.Single(Faults($"{{ {Needed} }}", new() { Settings = [setting] })));

    [Fact]
    public void A_remote_input_names_the_option() => Assert.StartsWith(
        "--input: azure://a: 'a' is no container's name", Assert.Single(Faults($"{{ {Needed} }}", new() { Inputs = ["azure://a"] })), StringComparison.Ordinal);

    [Fact]
    public void The_quickstart_loads()
    {
        SegmentationOptions options = PipelineFile.Load(Path.Combine(SharedFiles.Repository, "pipelines", "quickstart.json"));

        Assert.Equal([Path.Combine(SharedFiles.Repository, "sample-data", "*.las")], options.Inputs);
        Assert.Equal(Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial"), options.Model);
        Assert.Equal(Path.Combine(SharedFiles.Repository, "labelled"), options.Output);
        Assert.True(options.Write.Las!.Confidence);
    }

    [Fact]
    public void The_example_of_the_readme_loads()
    {
        string readme = File.ReadAllText(Path.Combine(SharedFiles.Repository, "README.md"));
        string example = readme.Split("```json")[1].Split("```")[0];

        Assert.Equal([9], Load(example).Classes.Keep);
    }

    [Fact]
    public void The_pipeline_for_nights_of_the_readme_loads()
    {
        string night = File.ReadAllText(Path.Combine(SharedFiles.Repository, "README.md")).Split("## Every night")[1].Split("```json")[1].Split("```")[0];

        Assert.Equal(FailureLimit.Parse("5%"), Load(night).Limits.MaxFailures);
        Assert.Equal(TimeSpan.FromMinutes(20), Load(night).Faults.Timeout);
    }

    private SegmentationOptions Load(string json, PipelineOverrides? overrides = null) =>
        PipelineFile.Load(_folder.Write("x.json", json), overrides);

    private string[] Faults(string json, PipelineOverrides? overrides = null) =>
        [.. Assert.Throws<ConfigurationException>(() => Load(json, overrides)).Faults
            .Select(fault => fault.Replace(_folder.Path + Path.DirectorySeparatorChar, "", StringComparison.Ordinal))];
}
