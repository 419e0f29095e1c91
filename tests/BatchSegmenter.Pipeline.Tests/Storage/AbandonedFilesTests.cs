using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Tests.Storage;

public sealed class AbandonedFilesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_killed_runs_left_is_removed_with_the_folders_made_for_it()
    {
        string[] kept = ["points/source=b/part-00000.parquet", "_ledger/ledger.json", "las/x/b.las", "_runs/1/run.json", "summary.csv"];
        string[] left =
        [
            "points/source=a/.part-00000.parquet.tmp", "points/source=b/.part-00001.parquet.tmp", "las/.a.las.tmp", "las/y/z/.c.laz.tmp", "_ledger/.run.lock.tmp",
            "_ledger/inputs/.a.json.tmp", "_quarantine/.a.json.tmp", "_runs/2/.run.json.tmp", ".summary.csv.tmp", ".summary-1-of-2.csv.tmp",
        ];
        foreach (string name in kept.Concat(left)) _folder.Write(name, "x");
        Directory.CreateDirectory(_folder["_runs/3"]);

        await new LocalStore(_folder.Path).SweepAsync();

        Assert.Equal(kept.Order(StringComparer.Ordinal), Files());
        Assert.Equal(
            ["_ledger", "_quarantine", "_runs", "_runs/1", "las", "las/x", "points", "points/source=b"],
            Directory.GetDirectories(_folder.Path, "*", SearchOption.AllDirectories).Select(Relative).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_the_program_does_not_name_so_or_write_there_is_left_alone()
    {
        string[] others =
        [
            ".notes.tmp", ".part-00000.parquet.tmp", "las/.notes.tmp", "las/a.las.tmp", "las/.a.las", "las/.hidden/.a.las.tmp", "points/source=a/.x.csv.tmp", "elsewhere/.a.las.tmp",
            "_quarantine/.replay/las/.a.las.tmp",
        ];
        foreach (string name in others) _folder.Write(name, "x");

        await new LocalStore(_folder.Path).SweepAsync();

        Assert.Equal(others.Order(StringComparer.Ordinal), Files());
    }

    [Fact]
    public async Task What_somebody_writes_is_left_alone_until_it_is_renamed()
    {
        LocalStore store = new(_folder.Path);
        using AtomicFile begun = Begin("las/a.las"), complete = Begin("las/b.las"), dropped = Begin("las/c.las");
        complete.Stream.Write("b"u8);
        complete.Complete();
        dropped.Dispose();

        await store.SweepAsync();
        Assert.Equal(["las/.a.las.tmp", "las/.b.las.tmp"], Files());

        begun.Commit();
        Assert.True(complete.TryCommitNew());
        Assert.Equal(["las/a.las", "las/b.las"], Files());
        Assert.Equal("b", File.ReadAllText(_folder["las/b.las"])); // nobody holds it any more
    }

    [Fact]
    public async Task Sweeps_and_writers_side_by_side_lose_nothing()
    {
        LocalStore store = new(_folder.Path);
        using CancellationTokenSource over = new();
        Task[] sweeps = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(async () =>
        {
            while (!over.IsCancellationRequested) await store.SweepAsync();
        }))];

        const int Files = 400;
        await Parallel.ForAsync(0, Files, async (i, cancellation) =>
        {
            await using StagedObject staged = store.Create($"points/source={i}/part-00000.parquet");
            staged.Stream.WriteByte((byte)i);
            await staged.CompleteAsync(cancellation);
            await Task.Yield();
            await staged.CommitAsync(CreateCondition.Any, cancellation);
        });
        await over.CancelAsync();
        await Task.WhenAll(sweeps);

        for (int i = 0; i < Files; i++) Assert.Equal([(byte)i], File.ReadAllBytes(_folder[$"points/source={i}/part-00000.parquet"]));
    }

    [Theory]
    [InlineData("begin")]
    [InlineData("commit")]
    [InlineData("commit new")]
    [InlineData("sweep")]
    public async Task Sweeps_and_the_moments_when_a_writer_has_no_lock_exclude_each_other(string moment)
    {
        AtomicFile? file = moment.StartsWith("commit", StringComparison.Ordinal) ? Begin("las/a.las") : null;
        _folder.Write("las/.left.las.tmp");
        Action work = moment switch
        {
            "begin" => () => file = Begin("las/a.las"),
            "commit" => () => file!.Commit(),
            "commit new" => () => file!.TryCommitNew(),
            _ => () => AbandonedFiles.Remove(_folder.Path, CancellationToken.None),
        };

        Task waits;
        using (FolderLock.Take(_folder["las"], CancellationToken.None))
        {
            waits = Task.Run(work);
            await Task.WhenAny(waits, Task.Delay(200));
            Assert.False(waits.IsCompleted);
        }

        await waits;
        file?.Dispose();
    }

    [Fact]
    public async Task An_output_that_is_not_there_is_swept_at_once()
    {
        await new LocalStore(_folder["nowhere"]).SweepAsync();

        Assert.False(Directory.Exists(_folder["nowhere"]));
    }

    private AtomicFile Begin(string name) => new(_folder[name], new RootFolder(_folder.Path));

    private string[] Files() => [.. Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Select(Relative).Order(StringComparer.Ordinal)];

    private string Relative(string path) => Path.GetRelativePath(_folder.Path, path).Replace('\\', '/');
}
