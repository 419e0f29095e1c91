using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Stages;

public sealed class ReadStageTests
{
    private const int RunPoints = 1 << 19;

    [Fact]
    public async Task A_slow_next_stage_bounds_what_is_read()
    {
        long read = 0, taken = 0, mostAhead = 0;
        ActionBlock<PointRun> slow = new(
            async run =>
            {
                await Task.Delay(20);
                mostAhead = Math.Max(mostAhead, Interlocked.Read(ref read) - taken);
                taken += run.Points.Count;
            },
            new ExecutionDataflowBlockOptions { BoundedCapacity = 1 });

        await Read(slow, new MadeUpReader(8 * RunPoints + 5, points => Interlocked.Add(ref read, points)));

        Assert.Equal(8 * RunPoints + 5, taken);
        Assert.InRange(mostAhead, RunPoints, 2 * RunPoints);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(RunPoints, 1)]
    [InlineData(RunPoints + 1, 2)]
    public async Task An_input_ends_with_one_last_run(int points, int runs)
    {
        List<PointRun> taken = await Take(new MadeUpReader(points));

        Assert.Equal(points, taken.Sum(run => run.Points.Count));
        Assert.Equal([.. Enumerable.Repeat(false, runs - 1), true], taken.Select(run => run.IsLast));
    }

    [Fact]
    public async Task A_fault_half_way_ends_the_input()
    {
        List<PointRun> taken = await Take(new MadeUpReader(3 * RunPoints, failsAt: RunPoints + 10));

        Assert.Equal([false, true], taken.Select(run => run.IsLast));
        Assert.Equal(("read", "damaged at last"), (taken[1].Cloud.Fault!.Stage, taken[1].Cloud.Fault!.InnerException!.Message));
    }

    [Fact]
    public async Task Degrees_are_refused_with_a_hint()
    {
        MadeUpReader reader = new(10, crs: new CoordinateReferenceSystem(4326, null, CrsKind.Geographic, 1, 1));

        PointRun run = Assert.Single(await Take(reader));

        Assert.True(run.IsLast && reader.IsDisposed);
        Assert.IsType<InputRefusedException>(run.Cloud.Fault!.InnerException);
        Assert.Contains("EPSG 4326", run.Cloud.Fault.Message);
        Assert.Contains("reproject", run.Cloud.Fault.Message);
    }

    [Fact]
    public async Task More_points_than_memory_can_name_are_refused()
    {
        PointRun run = Assert.Single(await Take(new MadeUpReader(3_000_000_000)));

        Assert.Contains("3000000000 points", run.Cloud.Fault!.Message);
    }

    private static async Task<List<PointRun>> Take(PointCloudReader reader)
    {
        List<PointRun> taken = [];
        await Read(new ActionBlock<PointRun>(taken.Add), reader);
        return taken;
    }

    private static async Task Read(ActionBlock<PointRun> next, PointCloudReader reader)
    {
        ByteGate gate = new(1);
        ActionBlock<CloudWork> stage = ReadStage.Create(next, new StageMeter("read"), PointAttributes.All, _ => reader, (_, _) => { }, points => gate.AcquireAsync(points, CancellationToken.None), CancellationToken.None);
        await stage.SendAsync(new CloudWork(new SegmentationInput("/made-up.las", "made-up"), 0));
        stage.Complete();
        await stage.Completion;
        next.Complete();
        await next.Completion;
    }

    /// <summary>A cloud of any length, all of whose points are zero.</summary>
    private sealed class MadeUpReader(long points, Action<int>? onRead = null, long failsAt = long.MaxValue, CoordinateReferenceSystem? crs = null) : PointCloudReader
    {
        private long _read;

        public bool IsDisposed { get; private set; }

        public override PointCloudHeader Header { get; } =
            new("las", points, ReadStage.Needed(SampleBundle.Input), default, default, crs ?? new CoordinateReferenceSystem(32631, null, CrsKind.Projected, 1, 1));

        public override long Remaining => points - _read;

        public override int Read(PointColumns columns, int maxPoints)
        {
            int count = (int)Math.Min(Math.Min(maxPoints, 100_000), Remaining);
            if (_read + count > failsAt) throw new IOException("damaged at last");
            columns.EnsureCapacity(columns.Count + count);
            columns.Count += count;
            _read += count;
            onRead?.Invoke(count);
            return count;
        }

        protected override void Dispose(bool disposing) => IsDisposed = true;
    }
}
