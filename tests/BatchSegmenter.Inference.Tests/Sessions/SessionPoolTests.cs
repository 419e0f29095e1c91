using System.Collections.Concurrent;
using BatchSegmenter.Inference.FusedLayers;
using BatchSegmenter.Inference.Sessions;
using BatchSegmenter.Onnx.Networks;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Tests.Sessions;

/// <summary>Sessions on the processor stand for those of several devices.</summary>
public sealed class SessionPoolTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();
    private readonly ModelBundle _bundle;
    private int _started;

    public SessionPoolTests() =>
        _bundle = ModelBundleWriter.Write(_folder["bundle"], SampleModels.Description(), PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1)));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheQuickDeviceTakesMost()
    {
        using SessionPool pool = new([Start(0), Start(1)], []);
        ConcurrentBag<int> taken = [];
        int left = 120;
        Thread[] workers = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using SessionLease lease = pool.Lease();
                taken.Add(lease.Session.Device.Number);
                Thread.Sleep(lease.Session.Device.Number == 0 ? 1 : 25);
            }
        }))];
        foreach (Thread worker in workers) worker.Start();
        foreach (Thread worker in workers) worker.Join();

        int quick = taken.Count(device => device == 0), slow = taken.Count - quick;
        Assert.Equal(120, taken.Count);
        Assert.InRange(slow, 2, quick / 2);
    }

    [Fact]
    public void ASessionIsOneRunsAlone()
    {
        using SessionPool pool = new([Start(0)], [() => Start(1)]);
        using SessionLease one = pool.Lease(), other = pool.Lease();
        Assert.NotSame(one.Session, other.Session);
    }

    [Fact]
    public void FurtherSessionsStartOnlyWhenRunsGoSideBySide()
    {
        using SessionPool pool = new([Start(0)], [() => Start(1), () => Start(2)]);
        for (int i = 0; i < 5; i++) pool.Lease().Dispose();
        Assert.Equal((1, 3), (_started, pool.Size));

        using SessionLease one = pool.Lease(), other = pool.Lease();
        Assert.Equal(2, _started);
    }

    [Fact]
    public async Task WaitsForASessionToComeBack()
    {
        using SessionPool pool = new([Start(0)], []);
        SessionLease held = pool.Lease();
        Task<PooledSession> next = Task.Run(() =>
        {
            using SessionLease lease = pool.Lease();
            return lease.Session;
        });
        await Task.Delay(50);
        Assert.False(next.IsCompleted);

        held.Dispose();
        Assert.Same(held.Session, await next.WaitAsync(Long));
    }

    [Fact]
    public async Task ACancelledWaitTakesNothing()
    {
        using SessionPool pool = new([Start(0)], []);
        SessionLease held = pool.Lease();
        using CancellationTokenSource cancellation = new();
        Task waiting = Task.Run(() => pool.Lease(cancellation.Token));
        await Task.Delay(20);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Long));

        held.Dispose();
        pool.Lease().Dispose();
    }

    [Fact]
    public void AFaultGivesTheSessionBack()
    {
        using SessionPool pool = new([Start(0)], []);
        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<OnnxRuntimeException>(() =>
            {
                using SessionLease lease = pool.Lease();
                using BlockBatch batch = new(SampleModels.Block(SampleModels.TwoLevels with { Features = 5 }, 50, 1));
                lease.Session.Run(batch.Names, batch.Values, [PointNet2Graph.Scores], new float[150], 50, default);
            });
        }
    }

    [Fact]
    public void ASessionThatDoesNotStartIsTriedAgain()
    {
        int attempts = 0;
        using SessionPool pool = new([], [() => attempts++ == 0 ? throw new IOException("no driver") : Start(0)]);
        Assert.Throws<IOException>(() => pool.Lease());
        pool.Lease().Dispose();
    }

    [Fact]
    public async Task AClosedPoolRefusesAndEndsWhatComesBack()
    {
        SessionPool pool = new([Start(0)], []);
        SessionLease held = pool.Lease();
        Task waiting = Task.Run(() => pool.Lease());
        await Task.Delay(20);

        pool.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Long));
        Assert.Throws<ObjectDisposedException>(() => pool.Lease());
        using BlockBatch batch = new(SampleModels.Block(SampleModels.TwoLevels, 50, 1));
        held.Session.Run(batch.Names, batch.Values, [PointNet2Graph.Scores], new float[150], 50, default);

        held.Dispose();
        Assert.Throws<ObjectDisposedException>(() => held.Session.Run(batch.Names, batch.Values, [PointNet2Graph.Scores], new float[150], 50, default));
    }

    [Fact]
    public void HasAtLeastOneSession() => Assert.Throws<ArgumentException>(() => new SessionPool([], []));

    private PooledSession Start(int device)
    {
        Interlocked.Increment(ref _started);
        return new PooledSession(ExecutionProvider.StartOn(ExecutionProvider.Cpu, 0, new SessionNetwork(_bundle.Network, isFused: true), new SegmentationModelOptions(), null), new SessionDevice(ExecutionProvider.Cuda, device));
    }
}
