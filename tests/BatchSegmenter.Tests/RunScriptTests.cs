using System.Collections;
using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Runtime.Versioning;
using System.Text.Json;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests;

/// <summary>
/// Runs a copy of <c>run.ps1</c> in a hosted PowerShell 7 engine. The engine comes without the Utility and Management
/// cmdlets, which the script does without. Windows PowerShell 5.1 is not run here: that the script keeps to its syntax is
/// checked on the syntax tree.
/// </summary>
public sealed class RunScriptTests : IDisposable
{
    // Stands in for the SDK: a function goes before a program of the same name. Publishing writes the program; running it
    // gives its arguments back and ends with the code that the test set.
    private const string Dotnet = """
        function dotnet {
            $global:calls += , @($args)
            if ($args[0] -eq 'publish') {
                $folder = $args[[Array]::IndexOf($args, '-o') + 1]
                [void] [IO.Directory]::CreateDirectory($folder)
                if ($buildCode -eq 0) { [IO.File]::WriteAllText([IO.Path]::Combine($folder, 'batchsegmenter.dll'), '') }
                'log of the build'
                $global:health = [IO.File]::ReadAllText($healthFile)
                $global:LASTEXITCODE = $buildCode
            }
            else {
                'what the program says'
                $global:LASTEXITCODE = $runCode
            }
        }
        """;

    private static readonly string Script = Path.Combine(SharedFiles.Repository, "run.ps1");

    private readonly string _folder = Directory.CreateTempSubdirectory("batchsegmenter-test-").FullName;
    private readonly string _script;
    private readonly string _source;
    private readonly Runspace _runspace;

    public RunScriptTests()
    {
        _script = Path.Combine(_folder, "run.ps1");
        File.Copy(Script, _script);
        _source = Path.Combine(_folder, "src", "BatchSegmenter", "Program.cs");
        Directory.CreateDirectory(Path.GetDirectoryName(_source)!);
        File.WriteAllText(_source, "");
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows()) AllowScripts(state);
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        Invoke($"$global:calls = @(); $buildCode = 0; $runCode = 0; $healthFile = '{Health}'; " + Dotnet);
    }

    private string State => Path.Combine(_folder, "state");

    private string Health => Path.Combine(State, "health.json");

    private string Published => Path.Combine(_folder, "artifacts", "run", "Release", "batchsegmenter.dll");

    public void Dispose()
    {
        _runspace.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void The_script_is_plain_ascii() =>
        Assert.All(File.ReadAllBytes(Script), character => Assert.InRange(character, (byte)'\n', (byte)'~'));

    [Fact]
    public void The_script_keeps_to_the_syntax_of_windows_powershell()
    {
        ScriptBlockAst tree = Parser.ParseFile(Script, out Token[] tokens, out ParseError[] errors);

        Assert.Empty(errors);
        TokenKind[] later =
        [
            TokenKind.QuestionMark, TokenKind.QuestionQuestion, TokenKind.QuestionQuestionEquals, TokenKind.QuestionDot, TokenKind.QuestionLBracket,
            TokenKind.AndAnd, TokenKind.OrOr, TokenKind.Clean,
        ];
        Assert.DoesNotContain(tokens, token => later.Contains(token.Kind));
        Assert.Empty(tree.FindAll(node => node is TernaryExpressionAst or PipelineChainAst, searchNestedScriptBlocks: true));
    }

    [Fact]
    public void Every_parameter_is_explained()
    {
        ScriptBlockAst tree = Parser.ParseFile(Script, out _, out _);

        Assert.Equal(
            tree.ParamBlock.Parameters.Select(parameter => parameter.Name.VariablePath.UserPath.ToUpperInvariant()).Order(),
            tree.GetHelpContent().Parameters.Keys.Order());
    }

    [Fact]
    public void Builds_once_and_runs_the_quickstart()
    {
        Assert.Equal(0, Run());
        Assert.Equal(0, Run());

        string project = Path.Combine(_folder, "src", "BatchSegmenter", "BatchSegmenter.csproj");
        string quickstart = Path.Combine(_folder, "pipelines", "quickstart.json");
        Assert.Equal(
            [
                ["publish", project, "-c", "Release", "-o", Path.GetDirectoryName(Published)!, "--nologo", "-v", "quiet"],
                [Published, "run", quickstart],
                [Published, "run", quickstart],
            ],
            Calls());
    }

    [Theory]
    [InlineData("src/BatchSegmenter/Program.cs", true)]
    [InlineData("src/BatchSegmenter/New.cs", true)]
    [InlineData("Directory.Build.props", true)]
    [InlineData("src/BatchSegmenter/obj/Generated.cs", false)]
    [InlineData("src/ARCHITECTURE.md", false)]
    public void Builds_again_when_a_source_is_newer(string file, bool expected)
    {
        Run();
        string path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(1));
        Run();

        Assert.Equal(expected ? 2 : 1, Calls().Count(call => call[0] == "publish"));
    }

    [Fact]
    public void Builds_again_when_the_program_is_gone()
    {
        Run();
        File.Delete(Published);
        Run();

        Assert.Equal(2, Calls().Count(call => call[0] == "publish"));
    }

    [Fact]
    public void A_failed_build_starts_nothing_and_is_tried_again()
    {
        Invoke("$buildCode = 5");

        Assert.Equal(2, Run());
        Assert.Equal(2, Run());
        Assert.All(Calls(), call => Assert.Equal("publish", call[0]));
        Assert.Contains("log of the build", Logs()[0].Text);
        Assert.Contains("the build ended with exit code 5", Logs()[0].Text);
        Assert.Equal(2, ReadHealth().GetProperty("exitCode").GetInt32());
        Assert.Equal(2, Calls().Count);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(130)]
    public void The_exit_code_is_passed_on(int code)
    {
        Invoke($"$runCode = {code}");

        Assert.Equal(code, Run());
    }

    [Fact]
    public void Every_parameter_reaches_the_program()
    {
        Run("-Pipeline n.json -Input 'a b/*.laz','c.las' -Output o -Model m -Set limits.cores=2,'name=\"x y\"' -Configuration Debug");

        Assert.Equal(["-c", "Debug"], Calls()[0][2..4]);
        Assert.Equal(
            [
                "run", "n.json", "--input", "a b/*.laz", "--input", "c.las", "--output", "o", "--model", "m", "--set", "limits.cores=2",
                "--set", "name=\"x y\"",
            ],
            Calls()[1][1..]);
    }

    [Fact]
    public void What_else_is_given_reaches_the_program_as_it_is()
    {
        Run("-Pipeline n.json --shard 1/2 -Set limits.cores=2 --retry-quarantined");
        Run("n.json --input a.las --input b.las");

        Assert.Equal(["run", "n.json", "--set", "limits.cores=2", "--shard", "1/2", "--retry-quarantined"], Calls()[1][1..]);
        Assert.Equal(["run", "n.json", "--input", "a.las", "--input", "b.las"], Calls()[2][1..]);
    }

    [Fact]
    public void A_night_is_logged_and_told_to_the_health_file()
    {
        Assert.Equal(0, Run("-Pipeline 'night \"of\" C:\\n.json'"));

        JsonElement good = ReadHealth();
        Assert.Equal(["pipeline", "running", "lastStart", "lastEnd", "lastGoodRun", "exitCode", "log"], good.EnumerateObject().Select(member => member.Name));
        Assert.Equal("night \"of\" C:\\n.json", good.GetProperty("pipeline").GetString());
        Assert.Equal((false, 0), (good.GetProperty("running").GetBoolean(), good.GetProperty("exitCode").GetInt32()));
        Assert.Equal(good.GetProperty("lastEnd").GetString(), good.GetProperty("lastGoodRun").GetString());
        Assert.InRange(good.GetProperty("lastEnd").GetDateTimeOffset() - good.GetProperty("lastStart").GetDateTimeOffset(), TimeSpan.Zero, TimeSpan.FromMinutes(5));
        Assert.Equal("log of the build\nwhat the program says\n", File.ReadAllText(good.GetProperty("log").GetString()!).ReplaceLineEndings("\n"));
        JsonElement during = JsonDocument.Parse(Invoke("$global:health").Single().ToString()).RootElement;
        Assert.True(during.GetProperty("running").GetBoolean());
        Assert.Equal(JsonValueKind.Null, during.GetProperty("lastGoodRun").ValueKind);

        Invoke("$runCode = 3");
        Assert.Equal(3, Run("-Pipeline n.json"));
        Assert.Equal((3, good.GetProperty("lastGoodRun").GetString()), (ReadHealth().GetProperty("exitCode").GetInt32(), ReadHealth().GetProperty("lastGoodRun").GetString()));
    }

    [Fact]
    public void A_second_start_is_75_and_starts_nothing()
    {
        Directory.CreateDirectory(State);
        using (File.Open(Path.Combine(State, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
            Assert.Equal(75, Run("-Pipeline n.json"));

        Assert.Empty(Calls());
        Assert.False(File.Exists(Health));
        Assert.Equal(0, Run("-Pipeline n.json"));
    }

    [SkippableFact]
    public void The_lock_is_the_one_of_the_shell_script()
    {
        Skip.If(OperatingSystem.IsWindows() || !File.Exists("/usr/bin/flock"), "needs flock");
        Directory.CreateDirectory(State);
        using Process held = Process.Start(new ProcessStartInfo("flock", [Path.Combine(State, "lock"), "sh", "-c", "echo held; read line"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        held.StandardOutput.ReadLine();

        Assert.Equal(75, Run("-Pipeline n.json"));
        held.StandardInput.Close();
        held.WaitForExit();
        Assert.Equal(0, Run("-Pipeline n.json"));
    }

    [Fact]
    public void Only_the_newest_logs_are_kept()
    {
        Directory.CreateDirectory(Path.Combine(State, "logs"));
        for (int i = 1; i <= 4; i++) File.WriteAllText(Path.Combine(State, "logs", $"2020010{i}T000000Z-1.log"), "old");
        File.WriteAllText(Path.Combine(State, "logs", "mine.txt"), "stays");

        Assert.Equal(0, Run("-Pipeline n.json -Keep 3"));

        Assert.Equal(["20200103T000000Z-1.log", "20200104T000000Z-1.log"], Logs().Select(log => log.Name).Take(2));
        Assert.Equal(3, Logs().Count);
        Assert.True(File.Exists(Path.Combine(State, "logs", "mine.txt")));
        Assert.Equal(2, Run("-Pipeline n.json -Keep 0"));
    }

    [Fact]
    public void The_state_lies_beside_the_pipeline_unless_told()
    {
        Invoke($"$healthFile = '{_folder}/n.night/health.json'");

        Assert.Equal(0, (int)Invoke($"& '{_script}' -Pipeline '{_folder}/n.json'; $LASTEXITCODE").Last().BaseObject);

        Assert.True(File.Exists(Path.Combine(_folder, "n.night", "health.json")));
    }

    [Fact]
    public void A_night_with_the_program_itself_is_labelled()
    {
        string bundle = Path.Combine(_folder, "bundle"), pipeline = Path.Combine(_folder, "n.json");
        SampleBundle.Write(bundle);
        SampleSurvey.Write(Path.Combine(_folder, "in", "a.las"), SampleSurvey.Points(200));
        File.WriteAllText(pipeline, """{ "inputs": ["in"], "model": "bundle", "output": "out" }""");
        Invoke("function dotnet { $program = (Get-Command dotnet -CommandType Application)[0]; & $program @args }");
        string program = Path.Combine(AppContext.BaseDirectory, "batchsegmenter.dll");

        Assert.Equal(0, Run($"-Program '{program}' -Pipeline '{pipeline}'"));
        Assert.True(File.Exists(Path.Combine(_folder, "out", "points", "source=a", "part-00000.parquet")));
        Assert.Contains("1 of 1 inputs", Logs()[^1].Text);

        File.WriteAllText(Path.Combine(_folder, "in", "b.las"), "no survey");
        Assert.Equal(1, Run($"-Program '{program}' -Pipeline '{pipeline}'"));
        Assert.Equal(1, ReadHealth().GetProperty("exitCode").GetInt32());
        Assert.Contains("b.las", string.Concat(Logs().Select(log => log.Text)));
    }

    [SkippableFact]
    public void A_program_of_ones_own_is_run_without_building()
    {
        Skip.If(OperatingSystem.IsWindows(), "needs a shell script as a program");
        if (OperatingSystem.IsWindows()) return;
        string program = Path.Combine(_folder, "program");
        File.WriteAllText(program, $"#!/bin/sh\nfor argument; do echo \"<$argument>\"; done > '{_folder}/arguments'\nexit 7\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Assert.Equal(7, Run($"-Program '{program}' -Pipeline n.json -Set 'name=\"x y\"'"));
        Assert.Equal(["<run>", "<n.json>", "<--set>", "<name=\"x y\">"], File.ReadAllLines(Path.Combine(_folder, "arguments")));
        Assert.Empty(Calls());
    }

    [Fact]
    public void A_program_that_is_missing_is_a_usage_error() => Assert.Equal(2, Run($"-Program '{_folder}/none'"));

    [SupportedOSPlatform("windows")]
    private static void AllowScripts(InitialSessionState state) => state.ExecutionPolicy = Microsoft.PowerShell.ExecutionPolicy.Bypass;

    private int Run(string parameters = "") => (int)Invoke($"& '{_script}' -State '{State}' {parameters}; $LASTEXITCODE").Last().BaseObject;

    private JsonElement ReadHealth() => JsonDocument.Parse(File.ReadAllText(Health)).RootElement;

    private List<(string Name, string Text)> Logs() =>
        [.. Directory.GetFiles(Path.Combine(State, "logs"), "*.log").Order(StringComparer.Ordinal).Select(path => (Path.GetFileName(path), File.ReadAllText(path)))];

    private List<string[]> Calls() =>
        [.. Invoke(", $global:calls").SelectMany(calls => ((IEnumerable)calls.BaseObject).Cast<object>())
            .Select(call => ((IEnumerable)(call is PSObject wrapped ? wrapped.BaseObject : call)).Cast<object>().Select(argument => argument.ToString()!).ToArray())];

    private IReadOnlyList<PSObject> Invoke(string script)
    {
        using var shell = PowerShell.Create(_runspace);
        IReadOnlyList<PSObject> output = [.. shell.AddScript(script).Invoke()];
        Assert.Empty(shell.Streams.Error);
        return output;
    }
}
