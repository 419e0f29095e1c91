using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Pipeline.Writers;
using Polly;
using Polly.Simmy;

namespace BatchSegmenter.Pipeline.Tests.Stages;

public sealed class WriteStageTests(SampleModel model) : IClassFixture<SampleModel>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_slow_writer_bounds_how_many_inputs_are_read_ahead()
    {
        const int inputs = 40;
        int opened = 0, written = 0, mostAhead = 0;
        using ScratchFolder scratch = new(_folder["scratch"]);
        ByteGate gate = new(1 << 30);
        SegmentationOptions options = new() { Inputs = [_folder.Path], Model = model.Folder, Output = _folder["out"] };
        ActionBlock<CloudWork> write = new WriteStage(new StageMeter("write"), new OutputFiles(options, model.Model.Bundle, new LocalStore(options.Output)), 1, null, ResiliencePipeline.Empty, new MemoryBudget(1L << 30), Report, default).Create();
        ActionBlock<TileWork> gather = WriteStage.CreateGathering(write, default);
        TransformBlock<TileWork, TileWork> unheld = new(
            tile =>
            {
                foreach (int point in tile.PointIndex) tile.Cloud.Labels!.KeepSource(point, 2);
                tile.Held?.Dispose();
                return tile;
            },
            new ExecutionDataflowBlockOptions { BoundedCapacity = 1 });
        unheld.LinkTo(gather);
        ActionBlock<PointRun> partition = new PartitionStage(unheld, new StageMeter("partition"), model.Model.Bundle.Description, options, new MemoryBudget(1L << 30), gate, scratch, (_, _) => { }, default).Create();
        ActionBlock<CloudWork> read = ReadStage.Create(partition, new StageMeter("read"), PointAttributes.All, input => Open(input.Path), (_, _) => { }, bytes => gate.AcquireAsync(bytes, default), default);

        for (int i = 0; i < inputs; i++)
        {
            string path = SampleSurvey.Write(_folder[$"in/{i}.las"], SampleSurvey.Points(40, seed: i));
            await read.SendAsync(new CloudWork(new SegmentationInput(path, $"{i}"), i));
        }

        foreach (IDataflowBlock stage in (IDataflowBlock[])[read, partition, unheld, gather, write])
        {
            stage.Complete();
            await stage.Completion;
        }

        Assert.Equal((inputs, inputs), (opened, written));
        Assert.InRange(mostAhead, 2, 11);

        PointCloudReader Open(string path)
        {
            Interlocked.Increment(ref opened);
            return PointCloudReader.Open(path);
        }

        void Report(CloudWork cloud, InputOutcome outcome)
        {
            Assert.Null(outcome.Fault);
            Thread.Sleep(10);
            mostAhead = Math.Max(mostAhead, Volatile.Read(ref opened) - written);
            written++;
        }
    }

    [Fact]
    public async Task A_slow_writer_stops_the_reader_once_the_budget_is_full()
    {
        const int inputs = 40, points = 200;
        MemoryBudget budget = new(1 << 20);
        long room = budget.Clouds / budget.OfInput(points), mostHeld = 0;
        Assert.InRange(room, 2, 4); // far fewer than the stages' queues would take
        int opened = 0, written = 0, mostAhead = 0;
        using ScratchFolder scratch = new(_folder["scratch"]);
        ByteGate clouds = new(budget.Clouds), tiles = new(budget.Tiles);
        SegmentationOptions options = new() { Inputs = [_folder.Path], Model = model.Folder, Output = _folder["out"] };
        ResiliencePipeline slow = new ResiliencePipelineBuilder().AddChaosLatency(1, TimeSpan.FromMilliseconds(50)).Build(); // a hundred times as long as writing
        ActionBlock<CloudWork> write = new WriteStage(new StageMeter("write"), new OutputFiles(options, model.Model.Bundle, new LocalStore(options.Output)), 1, null, slow, budget, Report, default).Create();
        ActionBlock<TileWork> gather = WriteStage.CreateGathering(write, default);
        TransformBlock<TileWork, TileWork> label = new(
            tile =>
            {
                foreach (int point in tile.PointIndex) tile.Cloud.Labels!.KeepSource(point, 2);
                tile.Held?.Dispose();
                return tile;
            },
            new ExecutionDataflowBlockOptions { BoundedCapacity = 1 });
        label.LinkTo(gather);
        ActionBlock<PointRun> partition = new PartitionStage(label, new StageMeter("partition"), model.Model.Bundle.Description, options, budget, tiles, scratch, (_, _) => { }, default).Create();
        ActionBlock<CloudWork> read = ReadStage.Create(partition, new StageMeter("read"), PointAttributes.All, Open, (_, _) => { }, count => clouds.AcquireAsync(budget.OfInput(count), default), default);

        for (int i = 0; i < inputs; i++)
        {
            string path = SampleSurvey.Write(_folder[$"in/{i}.las"], SampleSurvey.Points(points, seed: i));
            await read.SendAsync(new CloudWork(new SegmentationInput(path, $"{i}"), i));
        }

        foreach (IDataflowBlock stage in (IDataflowBlock[])[read, partition, label, gather, write])
        {
            stage.Complete();
            await stage.Completion;
        }

        Assert.Equal((inputs, inputs), (opened, written));
        Assert.InRange(mostHeld, 1, budget.Clouds);
        Assert.InRange(mostAhead, 2, room + 2); // one has been opened and waits for its turn, one is written but not yet reported
        Assert.Equal(0, clouds.Held + tiles.Held);

        PointCloudReader Open(SegmentationInput input)
        {
            mostHeld = Math.Max(mostHeld, clouds.Held);
            mostAhead = Math.Max(mostAhead, Interlocked.Increment(ref opened) - Volatile.Read(ref written));
            return PointCloudReader.Open(input.Path);
        }

        void Report(CloudWork cloud, InputOutcome outcome)
        {
            Assert.Null(outcome.Fault);
            Interlocked.Increment(ref written);
        }
    }
}
