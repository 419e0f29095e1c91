using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class RunHistoryTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 1, 2, 3, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_speed_is_points_over_the_time_of_whole_runs()
    {
        await Report("20260101T000000Z", points: 1000, seconds: 10);
        await Report("20260102T000000Z", points: 9000, seconds: 30);

        Assert.Equal(new RunHistory(2, 250), await Find());
    }

    [Fact]
    public async Task Runs_without_points_and_reports_that_are_none_tell_nothing()
    {
        Assert.Null(await Find());
        await Report("20260101T000000Z", points: 0, seconds: 10);
        await Report("20260102T000000Z", points: 10, seconds: 0);
        _folder.Write("_runs/20260103T000000Z/run.json", "{ \"counts\": ");
        _folder.Write("_runs/20260104T000000Z/run.json", "{ \"counts\": { \"points\": \"many\" } }");
        _folder.Write("_runs/20260105T000000Z/run.json", "[]");
        _folder.Write("_runs/20260106T000000Z/other.json", "");

        Assert.Null(await Find());
    }

    [Fact]
    public async Task Runs_with_the_same_model_go_before_others()
    {
        await Report("20260101T000000Z", points: 100, seconds: 10, model: "other");
        Assert.Equal(new RunHistory(1, 10), await Find());

        await Report("20260102T000000Z", points: 500, seconds: 10);
        await Report("20260103T000000Z", points: 100, seconds: 10, model: "other");
        Assert.Equal(new RunHistory(1, 50), await Find());
    }

    [Fact]
    public async Task The_newest_ten_count()
    {
        for (int day = 1; day <= 12; day++) await Report($"202601{day:00}T000000Z", points: day <= 2 ? 1_000_000 : 100, seconds: 10);

        Assert.Equal(new RunHistory(10, 10), await Find());
    }

    private Task Report(string id, long points, double seconds, string model = "bundle") => new RunReport
    {
        RunId = id,
        Started = Start,
        Ended = Start.AddSeconds(seconds),
        Options = new() { Inputs = ["/s"], Model = "/m", Output = _folder.Path },
        Model = model,
        Counts = new Dictionary<string, long> { ["points"] = points },
    }.WriteAsync(new LocalStore(_folder.Path));

    private Task<RunHistory?> Find() => RunHistory.FindAsync(new LocalStore(_folder.Path), "bundle");
}
