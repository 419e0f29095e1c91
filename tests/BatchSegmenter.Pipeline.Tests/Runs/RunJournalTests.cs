using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class RunJournalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Nothing_is_recorded_as_done_where_the_ledger_is_not_the_one_that_the_run_began_with()
    {
        RunJournal journal = new(new RunLedger(new LocalStore(_folder.Path)), "bundle", "options");
        SegmentationInput input = new(_folder.Write("in/a.las", "a"), "a");
        InputSummary summary = new(input.Path, input.Source, InputStatus.Done);
        await journal.PassOverAsync([], new ResumeOptions(), new RunProgress([]));
        await journal.DoneAsync(input, summary, []);
        string record = _folder["_ledger/inputs/a.json"];
        Assert.True(File.Exists(record));

        // As if a disk was unmounted, whose folder stays.
        Directory.Delete(_folder["_ledger"], recursive: true);

        Assert.Contains("the output is gone", (await Assert.ThrowsAsync<RunStoppedException>(() => journal.DoneAsync(input, summary, []))).Message);
        Assert.False(File.Exists(record));
    }
}
