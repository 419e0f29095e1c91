using System.Diagnostics;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests.Storage;

public sealed class LocalRunLockTests : RunLockTests, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    protected override ObjectStore NewStore() => new LocalStore(_folder.Path);
}

public sealed class BlobRunLockTests : RunLockTests
{
    protected override ObjectStore NewStore()
    {
        AzuriteServer server = AzuriteServer.Require();
        return server.Store(server.NewContainer(), "outputs");
    }
}

public abstract class RunLockTests
{
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1.5);

    private static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token;

    protected abstract ObjectStore NewStore();

    [SkippableFact]
    public async Task Excludes_a_second_run_and_says_whose_it_is_until_it_is_released()
    {
        ObjectStore store = NewStore();
        await using (RunLock first = await RunLock.TakeAsync(store, null, Soon))
        {
            ConfigurationException fault = await Assert.ThrowsAsync<ConfigurationException>(() => RunLock.TakeAsync(store, null, Soon));
            Assert.Contains($"process {Environment.ProcessId} on {Environment.MachineName}", fault.Message, StringComparison.Ordinal);
            Assert.Contains(store.Address, fault.Message, StringComparison.Ordinal);
            Assert.False(first.Lost.IsCancellationRequested);
        }

        Assert.Null(await store.FindAsync(RunLock.NameFor(null)));
        await using RunLock second = await RunLock.TakeAsync(store, null, Soon);
    }

    [SkippableFact]
    public async Task Goes_to_exactly_one_of_many()
    {
        ObjectStore store = NewStore();
        RunLock?[] taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            try
            {
                return await RunLock.TakeAsync(store, null, Soon);
            }
            catch (ConfigurationException)
            {
                return null;
            }
        })));

        await using RunLock winner = Assert.Single(taken, it => it is not null)!;
    }

    [SkippableFact]
    public async Task Is_taken_over_at_once_from_a_process_that_died()
    {
        ObjectStore store = NewStore();
        LockHolder here = LockHolder.Here();
        foreach (LockHolder dead in (LockHolder[])[here with { Run = "a", Process = DeadProcess() }, here with { Run = "b", Started = here.Started.AddHours(-1) }])
        {
            Assert.True(await store.TryCreateAsync(RunLock.NameFor(null), dead.ToJson()));
            long start = Stopwatch.GetTimestamp();
            await using RunLock taken = await RunLock.TakeAsync(store, null, Soon);
            Assert.True(Stopwatch.GetElapsedTime(start) < RunLock.Lease / 2, "it waited for the lease");
        }
    }

    [SkippableFact]
    public async Task Is_waited_for_if_its_owner_is_elsewhere_and_silent()
    {
        ObjectStore store = NewStore();
        Assert.True(await store.TryCreateAsync(RunLock.NameFor(null), Elsewhere("gone").ToJson()));

        long start = Stopwatch.GetTimestamp();
        await using RunLock taken = await RunLock.TakeAsync(store, RunLock.NameFor(null), LockHolder.Here(), Short, Soon);

        Assert.True(Stopwatch.GetElapsedTime(start) >= Short, "it did not wait for the lease");
    }

    [SkippableFact]
    public async Task Is_kept_by_an_owner_elsewhere_that_renews_it()
    {
        ObjectStore store = NewStore();
        await using RunLock first = await RunLock.TakeAsync(store, RunLock.NameFor(null), Elsewhere("alive"), Short, Soon);

        ConfigurationException fault = await Assert.ThrowsAsync<ConfigurationException>(() => RunLock.TakeAsync(store, RunLock.NameFor(null), LockHolder.Here(), 10 * Short, Soon));

        Assert.Contains("on far-away", fault.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Tells_an_owner_that_was_stopped_for_too_long()
    {
        ObjectStore store = NewStore();
        await using RunLock first = await RunLock.TakeAsync(store, RunLock.NameFor(null), Elsewhere("slow"), Short, Soon);
        StoredObject there = (await store.FindAsync(RunLock.NameFor(null)))!;
        while (!await store.TryReplaceAsync(RunLock.NameFor(null), Elsewhere("fast").ToJson(), there.Tag)) there = (await store.FindAsync(RunLock.NameFor(null)))!;

        Task lost = Task.Delay(Timeout.Infinite, first.Lost);
        Assert.Same(lost, await Task.WhenAny(lost, Task.Delay(TimeSpan.FromSeconds(20))));
        await first.DisposeAsync();

        Assert.NotNull(await store.FindAsync(RunLock.NameFor(null)));
    }

    [SkippableFact]
    public async Task Shards_of_one_number_stand_side_by_side_and_exclude_all_others()
    {
        ObjectStore store = NewStore();
        await using (RunLock first = await RunLock.TakeAsync(store, new RunShard(1, 3), Soon))
        {
            await using RunLock second = await RunLock.TakeAsync(store, new RunShard(2, 3), Soon);

            foreach (RunShard? other in (RunShard?[])[null, new RunShard(2, 4), new RunShard(2, 3)])
                Assert.Contains("another run writes there", (await Assert.ThrowsAsync<ConfigurationException>(() => RunLock.TakeAsync(store, other, Soon))).Message, StringComparison.Ordinal);
            Assert.Null(await store.FindAsync(RunLock.NameFor(null)));
        }

        await using RunLock whole = await RunLock.TakeAsync(store, null, Soon);
        await Assert.ThrowsAsync<ConfigurationException>(() => RunLock.TakeAsync(store, new RunShard(1, 3), Soon));
    }

    private static LockHolder Elsewhere(string run) => LockHolder.Here() with { Run = run, Host = "far-away", Machine = "far-away" };

    private static int DeadProcess()
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", "--version") { RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.Id;
    }
}
