using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline;

/// <summary>
/// The Dataflow graph: read → partition → normalise → neighbourhoods → infer → vote → write. Every stage has a bounded capacity, and inputs and
/// tiles are let in by their bytes, so that a slow writer stops the reader; every stage keeps order, so that outputs do not depend on how many threads took part.
/// </summary>
public sealed class SegmentationPipeline
{
    /// <summary>More threads than this only wait for each other; the stages' queues grow with them.</summary>
    private const int MostCores = 1024;

    /// <summary>Inputs that are on their way or wait for another attempt.</summary>
    private const int InputsAtOnce = 256;

    private readonly SegmentationOptions _options;
    private readonly SegmentationModel _model;
    private readonly RunJournal? _journal;
    private readonly int _cores;

    /// <param name="options">What to write, what to keep, how many cores.</param>
    /// <param name="model">The network; stays the caller's.</param>
    /// <param name="journal">Is told what is done and what is given up; null for none.</param>
    /// <exception cref="ConfigurationException">The bundle asks for a feature that is unknown here.</exception>
    public SegmentationPipeline(SegmentationOptions options, SegmentationModel model, RunJournal? journal = null)
    {
        _options = options;
        _model = model;
        _journal = journal;
        _cores = Math.Min(options.Limits.Cores ?? Environment.ProcessorCount, MostCores);
        NetworkDescription network = model.Bundle.Description.Architecture;
        if (network.Task == NetworkTask.Classification)
            throw new ConfigurationException($"{model.Bundle.Folder}: the bundle's network classifies blocks as a whole; to label points one for segmentation is needed");
        if (network.Categories > 0)
            throw new ConfigurationException($"{model.Bundle.Folder}: the bundle's network must be told which of {network.Categories} categories an object is of, which surveys do not tell");
        foreach (FeatureDescription feature in model.Bundle.Description.Input.Features)
            if (!BlockFeatures.Names.Contains(feature.Name))
                throw new ConfigurationException(
                    $"{model.Bundle.Folder}: the bundle asks for the feature '{feature.Name}'; known are {string.Join(", ", BlockFeatures.Names)}");
    }

    /// <summary>
    /// Blocks per session run, "auto" resolved: what the model was loaded for. One for a network that takes a mean over each block, whose last bits would
    /// depend on the other blocks of a batch.
    /// </summary>
    public int BlocksPerBatch => _model.Bundle.MayBatch ? _options.Inference.BlocksPerBatch ?? _model.BlocksPerBatch : 1;

    /// <summary>
    /// Whether work was left behind that did not return: nothing that it uses may be disposed of, and the process must be ended without waiting for it.
    /// </summary>
    public bool HasHungWork { get; private set; }

    /// <summary>
    /// Where files give each other halos, who lies beside whom: of a shard, among the inputs of all shards. Null finds it out among the inputs that are given.
    /// </summary>
    public SurveyNeighbours? Neighbours { get; init; }

    /// <summary>How long work may take to return once it was told to end.</summary>
    internal TimeSpan Grace { get; init; } = StallWatch.Grace;

    /// <summary>Runs of the network that go side by side.</summary>
    private int RunsAtOnce => Math.Min(_model.Sessions, _model.Provider == ExecutionProvider.Cpu ? Math.Max(1, _cores / _model.ThreadsPerRun) : _cores);

    // A network on the processor takes every core itself; one on an accelerator must be fed faster than one core decodes.
    private int DecodingCores => _model.Provider == ExecutionProvider.Cpu ? 1 : Math.Min(_cores, 8);

    /// <summary>
    /// Labels all inputs of which <paramref name="progress"/> does not know the end already, and writes their outputs. What became of each stands in
    /// <paramref name="progress"/>, however the run ends.
    /// </summary>
    /// <param name="inputs">In the order of the reports.</param>
    /// <param name="progress">Told of every tile and input.</param>
    /// <param name="cancellation">Ends the run; what is written stays, what is begun is dropped.</param>
    /// <exception cref="RunStoppedException">Outputs cannot be written, the network fails, work hangs, or more inputs failed than are allowed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task RunAsync(IReadOnlyList<SegmentationInput> inputs, RunProgress progress, CancellationToken cancellation = default)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using ScratchFolder scratch = new(_options.Limits.Scratch);

        SurveyNeighbours? neighbours = _options.Tiles.AcrossFiles
            ? Neighbours ?? await SurveyNeighbours.FindAsync(inputs, _options, _model.Bundle.Description.Input, cancellation).ConfigureAwait(false)
            : null;

        // Stages overlap, so each one's parallelism does not bound their sum: they share a scheduler that runs so many at once. Further threads of
        // the runtime are not the scheduler's and must have cores left to them.
        int further = _model.Provider == ExecutionProvider.Cpu ? RunsAtOnce * (_model.ThreadsPerRun - 1) : 0;
        TaskScheduler cores = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, Math.Max(1, _cores - further)).ConcurrentScheduler;
        (ActionBlock<CloudWork> first, List<IDataflowBlock> all, List<(StageMeter, Func<int>)> queues) =
            await Task.Factory.StartNew(() => Build(progress, scratch, neighbours, stop), CancellationToken.None, TaskCreationOptions.None, cores).ConfigureAwait(false);
        QueueWatch lengths = new(queues);
        await using ConfiguredAsyncDisposable lengthsOver = lengths.ConfigureAwait(false);
        StallWatch watch = new(_options.Faults.Timeout, Grace);
        await using (watch.ConfigureAwait(false))
        {
            InputFeed feed = new(first, watch, _options, progress, _journal);
            Task fed = feed.RunAsync(inputs, InputsAtOnce, stop);
            Task over = Task.WhenAll(all.Select(stage => stage.Completion).Append(fed));
            Task tooLong = AfterAsync(cancellation, Grace);
            Task end = await Task.WhenAny(over, watch.Hung, tooLong).ConfigureAwait(false);
            if (end == over)
            {
                feed.TellLate();
                Conclude(all, fed, over, cancellation);
                return;
            }

            HasHungWork = true;
            await stop.CancelAsync().ConfigureAwait(false);
            cancellation.ThrowIfCancellationRequested();
            throw await watch.Hung.ConfigureAwait(false);
        }
    }

    /// <summary>Ends a while after the cancellation, and never without one.</summary>
    private static async Task AfterAsync(CancellationToken cancellation, TimeSpan time)
    {
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (cancellation.Register(cancelled.SetResult).ConfigureAwait(false)) await cancelled.Task.ConfigureAwait(false);
        await Task.Delay(time, CancellationToken.None).ConfigureAwait(false);
    }

    private (ActionBlock<CloudWork> First, List<IDataflowBlock> All, List<(StageMeter Meter, Func<int> Waiting)> Queues) Build(RunProgress progress, ScratchFolder scratch, SurveyNeighbours? neighbours, CancellationTokenSource stop)
    {
        IReadOnlyList<StageMeter> meters = progress.Stages;
        ModelDescription description = _model.Bundle.Description;
        int classes = description.Classes.Count;
        CancellationToken token = stop.Token;
        MemoryBudget budget = MemoryBudget.Of(_options, description);
        ByteGate cloudGate = new(budget.Clouds), tileGate = new(budget.Tiles);
        progress.Meter(() => cloudGate.Held + tileGate.Held);
        ExecutionDataflowBlockOptions perTile = new() { TaskScheduler = TaskScheduler.Current, BoundedCapacity = _cores, MaxDegreeOfParallelism = _cores, CancellationToken = token };
        ExecutionDataflowBlockOptions perBlock = new() { TaskScheduler = TaskScheduler.Current, BoundedCapacity = 4 * _cores, MaxDegreeOfParallelism = _cores, CancellationToken = token };
        NeighbourhoodsStage neighbourhoodsStage = new(
            meters[3], description.Neighbourhoods == NeighbourhoodPlace.Outside ? description.PointNet2 : null, BlocksPerBatch);
        VoteStage voteStage = new(meters[5], description.Classes, _options.Classes, progress);
        PointReadOptions reading = _options.Reading with { Cores = DecodingCores };
        WriteStage writeStage = new(meters[6], new OutputFiles(_options, _model.Bundle, _journal?.Outputs ?? StoreAddress.Parse(_options.Output).Open(_options.Limits.Scratch)), _cores, _journal, Backoff.OfOutputs(_options.Faults), budget, (cloud, outcome) => cloud.Finish(outcome), token);

        ActionBlock<CloudWork> write = writeStage.Create();
        ActionBlock<TileWork> gather = WriteStage.CreateGathering(write, token);
        TransformBlock<TileWork, TileWork> label = voteStage.Create(perTile);
        ActionBlock<BlockGroup> count = voteStage.CreateCounting(label, token);
        TransformBlock<BlockGroup, BlockGroup> infer = new InferStage(meters[4], _model, budget).Create(
            new() { TaskScheduler = TaskScheduler.Current, BoundedCapacity = 4 * _cores, MaxDegreeOfParallelism = RunsAtOnce, CancellationToken = token });
        TransformBlock<BlockGroup, BlockGroup> neighbourhoods = neighbourhoodsStage.Create(perBlock);
        ActionBlock<TileWork> group = neighbourhoodsStage.CreateGrouping(neighbourhoods, token);
        TransformBlock<TileWork, TileWork> normalize = new NormalizeStage(meters[2], description.Input, classes, _cores, budget).Create(perTile);
        ActionBlock<PointRun> partition = new PartitionStage(
            normalize, meters[1], description, _options, budget, tileGate, scratch, Warn, token).Create();
        PointAttributes needed = ReadStage.Needed(description.Input);
        NeighbourReading? around = neighbours is null ? null : new NeighbourReading(
            neighbours, input => input.Open(reading), needed, new PointVisibility(_options.Classes.Exclude, _options.Classes.ExcludeWithheld),
            new NeighbourStrips(scratch, ScratchFolder.RootOf(_options.Limits.Scratch)), meters[0], Warn);
        ActionBlock<CloudWork> read = ReadStage.Create(
            partition, meters[0], needed, input => input.Open(reading), Warn,
            points => cloudGate.AcquireAsync(budget.OfInput(points), token), token, around);

        DataflowLinkOptions plain = new();
        normalize.LinkTo(group, plain);
        neighbourhoods.LinkTo(infer, plain);
        infer.LinkTo(count, plain);
        label.LinkTo(gather, plain);
        List<IDataflowBlock> all = [read, partition, normalize, group, neighbourhoods, infer, count, label, gather, write];
        for (int i = 0; i < all.Count; i++) Follow(all[i], i + 1 < all.Count ? all[i + 1] : null, stop);
        foreach (StageMeter meter in meters.Skip(2)) meter.Workers = _cores;
        meters[4].Workers = RunsAtOnce;
        return (read, all,
        [
            (meters[0], () => read.InputCount), (meters[1], () => partition.InputCount), (meters[2], () => normalize.InputCount), (meters[3], () => neighbourhoods.InputCount),
            (meters[4], () => infer.InputCount + neighbourhoods.OutputCount), (meters[5], () => count.InputCount + infer.OutputCount + label.InputCount), (meters[6], () => write.InputCount),
        ]);

        void Warn(CloudWork cloud, string text) => progress.Warn(cloud.Ordinal, $"{cloud.Input.Path}: {text}");
    }

    /// <summary>When a stage is over, so is the input of the next; when it fails, everything is.</summary>
    private static void Follow(IDataflowBlock stage, IDataflowBlock? next, CancellationTokenSource stop) =>
        stage.Completion.ContinueWith(
            completion =>
            {
                if (completion.IsFaulted) stop.Cancel();
                else next?.Complete();
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    /// <summary>Tells how a run ended. The fault that stopped it matters more than the cancellations that it caused.</summary>
    private static void Conclude(List<IDataflowBlock> stages, Task fed, Task over, CancellationToken cancellation)
    {
        if (over.IsCompletedSuccessfully) return;
        foreach (Task part in stages.Select(stage => stage.Completion).Append(fed))
            if (part.IsFaulted) ExceptionDispatchInfo.Throw(part.Exception.Flatten().InnerExceptions.FirstOrDefault(fault => fault is RunStoppedException) ?? part.Exception.Flatten().InnerExceptions[0]);
        cancellation.ThrowIfCancellationRequested();
        throw new OperationCanceledException();
    }
}
