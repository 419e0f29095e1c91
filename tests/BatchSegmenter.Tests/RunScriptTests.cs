using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Runtime.Versioning;

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
                $global:LASTEXITCODE = $buildCode
            }
            else { $global:LASTEXITCODE = $runCode }
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
        Invoke("$global:calls = @(); $buildCode = 0; $runCode = 0; " + Dotnet);
    }

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

    private int Run(string parameters = "") => (int)Invoke($"& '{_script}' {parameters}; $LASTEXITCODE").Last().BaseObject;

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
