using System.Management.Automation.Language;
using System.Xml.Linq;

namespace BatchSegmenter.Tests;

/// <summary>The files for schedulers name scripts, options and folders that exist, and agree with each other. Windows itself is not asked here.</summary>
public sealed class SchedulesTests
{
    private static readonly XNamespace Tasks = "http://schemas.microsoft.com/windows/2004/02/mit/task";
    private static readonly string Schedules = Path.Combine(SharedFiles.Repository, "pipelines", "schedules");

    [Fact]
    public void The_task_calls_the_script_with_parameters_that_it_has()
    {
        XElement action = Task().Element(Tasks + "Actions")!.Element(Tasks + "Exec")!;
        string arguments = action.Element(Tasks + "Arguments")!.Value;
        ScriptBlockAst script = Parser.ParseFile(Path.Combine(SharedFiles.Repository, "run.ps1"), out _, out _);

        Assert.Equal("powershell.exe", action.Element(Tasks + "Command")!.Value);
        string[] words = arguments.Split(' ');
        int file = Array.IndexOf(words, "-File");
        Assert.EndsWith(@"\run.ps1", words[file + 1]);
        Assert.Equal(["-Pipeline", "-State"], words[(file + 2)..].Where(word => word.StartsWith('-')).Order());
        Assert.All(words[(file + 2)..].Where(word => word.StartsWith('-')), word => Assert.Contains(script.ParamBlock.Parameters, parameter => parameter.Name.VariablePath.UserPath == word[1..]));
        Assert.All(words[..file], word => Assert.Contains(word, (string[])["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass"]));
    }

    [Fact]
    public void The_task_runs_once_at_a_time_and_as_long_as_it_takes()
    {
        XElement settings = Task().Element(Tasks + "Settings")!;

        Assert.Equal("IgnoreNew", settings.Element(Tasks + "MultipleInstancesPolicy")!.Value);
        Assert.Equal("PT0S", settings.Element(Tasks + "ExecutionTimeLimit")!.Value); // the default ends it after three days
        Assert.Equal("true", settings.Element(Tasks + "StartWhenAvailable")!.Value);
        Assert.Equal(Task().Element(Tasks + "Principals")!.Element(Tasks + "Principal")!.Attribute("id")!.Value, Task().Element(Tasks + "Actions")!.Attribute("Context")!.Value);
    }

    [Fact]
    public void The_task_has_only_what_the_schema_knows_in_its_order()
    {
        Assert.Equal(Tasks + "Task", Task().Name);
        Assert.Equal(["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"], Names(Task()));
        Assert.Equal(["StartBoundary", "RandomDelay", "ScheduleByDay"], Names(Task().Element(Tasks + "Triggers")!.Elements().Single()));
        Assert.All(File.ReadAllBytes(Path.Combine(Schedules, "batchsegmenter.task.xml")), character => Assert.InRange(character, (byte)'\n', (byte)'~')); // read alike whatever the code page
    }

    [Fact]
    public void All_schedulers_start_at_the_same_hour()
    {
        Assert.EndsWith("T01:30:00", Task().Descendants(Tasks + "StartBoundary").Single().Value);
        Assert.Contains("OnCalendar=*-*-* 01:30", File.ReadAllText(Path.Combine(Schedules, "batchsegmenter.timer")));
        Assert.Contains("\n30 1 * * * ", File.ReadAllText(Path.Combine(Schedules, "batchsegmenter.cron")));
    }

    private static XElement Task() => XDocument.Load(Path.Combine(Schedules, "batchsegmenter.task.xml")).Root!;

    private static IEnumerable<string> Names(XElement element) => element.Elements().Select(child => child.Name.LocalName);
}
