using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class RunLedgerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_sample_is_spread_over_the_ledger()
    {
        RunLedger ledger = new(new LocalStore(_folder.Path));
        Assert.Empty(await ledger.SampleAsync(10));
        for (int i = 0; i < 10; i++)
        {
            SegmentationInput input = new($"/{i}.las", $"{i}");
            await ledger.RecordAsync(input, new DoneRecord { Key = "", RelativePath = input.RelativePath, Summary = new InputSummary(input.Path, input.Source, InputStatus.Done) });
        }

        Assert.Equal(["0", "3", "6"], (await ledger.SampleAsync(3)).Select(record => record.RelativePath));
        _folder.Write("_ledger/inputs/4.json", "{ \"key\": ");
        Assert.Equal(9, (await ledger.SampleAsync(100)).Count);
    }
}
