using System.Security.Cryptography;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Pipeline.Tests.Storage;

namespace BatchSegmenter.Pipeline.Tests;

/// <summary>
/// Local files that are replaced, written into, cut or deleted while a run reads them: between the listing and the first read, between the first read and the
/// second, and between the second and the commit.
/// </summary>
public sealed class ChangingInputsTests(SampleModel model) : IClassFixture<SampleModel>, IDisposable
{
    private const int Points = 700;

    private readonly TemporaryFolder _folder = new();

    public enum Change
    {
        Replaced,
        Written,
        Cut,
        Deleted,
    }

    public static IEnumerable<object[]> Changes =>
        from change in Enum.GetValues<Change>()
        from moment in (string[])["", "las/a.las", "points/source=a/"]
        from memory in (long[])[1 << 30, 1]
        select (object[])[change, moment, memory];

    public void Dispose() => _folder.Dispose();

    /// <param name="change">What becomes of the file.</param>
    /// <param name="moment">The output that is begun at that moment; empty for the moment after the listing.</param>
    /// <param name="memory">The budget; 1 sends all inputs through scratch files.</param>
    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_file_that_changes_is_never_done_with_parts_of_two(Change change, string moment, long memory)
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(Points));
        SampleSurvey.Write(_folder["in/b.las"], SampleSurvey.Points(300));
        HookedStore outputs = new(new LocalStore(_folder["out"]));
        RunLedger ledger = new(outputs);
        SegmentationOptions options = Options("out", memory);
        int times = 0;
        outputs.Begun = name =>
        {
            if (name.Contains(moment, StringComparison.Ordinal) && times++ == 0) Make(change);
        };

        RunOutcome first = await Run(options, ledger, _ =>
        {
            if (moment.Length == 0) Make(change);
        });

        Assert.Equal([InputStatus.Changing, InputStatus.Done], first.Inputs.Select(input => input.Status));
        Assert.Contains(first.Warnings, text => text.StartsWith($"{_folder["in/a.las"]}: {(change == Change.Deleted ? "is gone" : "still changes")}", StringComparison.Ordinal));
        Assert.DoesNotContain(Hashes("out").Keys, path => path.Contains("a.las", StringComparison.Ordinal) || path.Contains("source=a", StringComparison.Ordinal));
        Assert.Null(await ledger.FindDoneAsync(new SegmentationInput(_folder["in/a.las"], "a")));
        Assert.Null(await ledger.FindQuarantinedAsync(new SegmentationInput(_folder["in/a.las"], "a")));

        if (change is Change.Cut or Change.Deleted) return;
        outputs.Begun = null;
        RunOutcome second = await Run(options, ledger);
        await Run(Options("undisturbed", memory), new RunLedger(new LocalStore(_folder["undisturbed"])));
        Assert.Equal([InputStatus.Done, InputStatus.Skipped], second.Inputs.Select(input => input.Status));
        Assert.Equal(Hashes("undisturbed"), Hashes("out"));
    }

    private void Make(Change change)
    {
        string path = _folder["in/a.las"], other = SampleSurvey.Write(_folder["other.las"], SampleSurvey.Points(Points, seed: 2));
        if (change == Change.Replaced) File.Move(other, path, overwrite: true);
        else if (change == Change.Deleted) File.Delete(path);
        else
        {
            using FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            if (change == Change.Cut) file.SetLength(file.Length / 2);
            else file.Write(File.ReadAllBytes(other));
        }
    }

    private async Task<RunOutcome> Run(SegmentationOptions options, RunLedger ledger, Action<IReadOnlyList<SegmentationInput>>? listed = null)
    {
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        listed?.Invoke(inputs);
        RunProgress progress = new(inputs);
        RunJournal journal = new(ledger, "bundle", "options");
        await journal.PassOverAsync(inputs, new ResumeOptions(), progress);
        await new SegmentationPipeline(options, model.Model, journal).RunAsync(inputs, progress);
        return progress.Outcome();
    }

    private SegmentationOptions Options(string output, long memory) => new()
    {
        Inputs = [_folder["in"]], Model = model.Folder, Output = _folder[output], Write = new WriteOptions { Points = new(), Las = new() },
        Limits = new LimitOptions { Memory = memory, Scratch = _folder["scratch"] }, Faults = new FaultOptions { Attempts = 1 },
    };

    private SortedDictionary<string, string> Hashes(string output) => new(
        Directory.EnumerateFiles(_folder[output], "*", SearchOption.AllDirectories).Where(path => !path.Contains("_ledger", StringComparison.Ordinal)).ToDictionary(
            path => Path.GetRelativePath(_folder[output], path), path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))),
        StringComparer.Ordinal);
}
