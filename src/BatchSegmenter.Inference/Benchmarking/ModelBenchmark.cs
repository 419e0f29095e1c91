namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>What to measure.</summary>
public sealed record BenchmarkPlan
{
    /// <summary>How long each stage of a setup is run in each round.</summary>
    public LoadPlan Load { get; init; } = new(TimeSpan.FromSeconds(0.5));

    /// <summary>
    /// Times that the whole grid is gone through, at least 1: what disturbs the machine for some seconds then falls on every setup alike. Default: 3.
    /// </summary>
    public int Rounds { get; init; } = 3;

    /// <summary>Whether matrix products are measured too, to compare with. Only for the processor.</summary>
    public bool Peak { get; init; }
}

/// <summary>
/// Measures setups of a network. Stages are measured apart and together, every session is fed by a thread of its own, and each setup
/// begins with sessions that were not used before.
/// </summary>
/// <param name="bundle">The network.</param>
/// <param name="blocks">What it is run on.</param>
/// <param name="plan">How long.</param>
public sealed class ModelBenchmark(ModelBundle bundle, BenchmarkBlocks blocks, BenchmarkPlan plan) : IDisposable
{
    /// <summary>Rows and columns of the square product that stands for the peak.</summary>
    public const int SquareEdge = 2048;

    private readonly BenchmarkedBlock[]? _blocks = bundle.Description.Neighbourhoods == NeighbourhoodPlace.Outside
        ? [.. blocks.Blocks.Select(block => new BenchmarkedBlock(block, bundle.Description.PointNet2))]
        : null;

    private readonly Dictionary<InferenceSetup, List<Round>> _rounds = [];

    /// <summary>Why a provider can't be used with this bundle; null if it can.</summary>
    /// <param name="provider">Of <see cref="ExecutionProvider.Names"/>.</param>
    public string? Obstacle(string provider)
    {
        using SegmentationModel model = SegmentationModel.Load(bundle, new SegmentationModelOptions { Providers = [provider] });
        return model.Provider == provider ? null : string.Join("; ", model.PassedOver);
    }

    /// <summary>Measures one round of a setup.</summary>
    /// <param name="setup">Of a provider without <see cref="Obstacle"/>.</param>
    /// <param name="cancellation">Ends it between two runs.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="Microsoft.ML.OnnxRuntime.OnnxRuntimeException">The device failed.</exception>
    public void Measure(InferenceSetup setup, CancellationToken cancellation = default)
    {
        PeakMemory.Reset();
        using SetupRun run = new(bundle, setup, blocks.Blocks, _blocks);
        LoadMeasurement? neighbourhoods = _blocks is null ? null : LoadMeasurement.Take(setup.Sessions, plan.Load, run.Neighbourhoods, cancellation);
        LoadMeasurement network = LoadMeasurement.Take(setup.Sessions, plan.Load, run.Network, cancellation);
        LoadMeasurement together = _blocks is null ? network : LoadMeasurement.Take(setup.Sessions, plan.Load, run.Together, cancellation);
        long memory = PeakMemory.Read();
        Products? products = plan.Peak && setup.Provider == ExecutionProvider.Cpu ? MeasureProducts(setup, run, cancellation) : null;
        if (!_rounds.TryGetValue(setup, out List<Round>? rounds)) _rounds[setup] = rounds = [];
        rounds.Add(new Round(neighbourhoods, network, together, memory, products));
    }

    /// <summary>Neighbourhoods and network together, in one short measurement that <see cref="Result"/> does not count.</summary>
    /// <returns>Points per second, and the share of a core that each session's thread had: near 1 where nothing else runs, and there are no further threads.</returns>
    internal (double PointsPerSecond, double CoreShare) Together(InferenceSetup setup, CancellationToken cancellation)
    {
        using SetupRun run = new(bundle, setup, blocks.Blocks, _blocks);
        LoadMeasurement load = LoadMeasurement.Take(setup.Sessions, plan.Load, run.Together, cancellation);
        return (load.RunsPerSecond * setup.BlocksPerBatch * blocks.PointsPerBlock, load.CpuSeconds / load.Seconds.Sum());
    }

    /// <summary>What all rounds of a setup come to.</summary>
    /// <param name="setup">Measured at least once.</param>
    public SetupMeasurement Result(InferenceSetup setup)
    {
        List<Round> rounds = _rounds[setup];
        StageMeasurement network = Stage(rounds, round => round.Network, setup);
        return new SetupMeasurement(
            bundle.Folder, NetworkPrecision.Of(bundle.Graph), setup, _blocks is null ? null : Stage(rounds, round => round.Neighbourhoods!, setup),
            network, Stage(rounds, round => round.Together, setup), rounds.Max(round => round.PeakMemory), rounds[0].Products is null ? null : Share(rounds, network, setup));
    }

    /// <summary>Gives the blocks' arrays back.</summary>
    public void Dispose()
    {
        foreach (BenchmarkedBlock block in _blocks ?? []) block.Dispose();
    }

    private StageMeasurement Stage(List<Round> rounds, Func<Round, LoadMeasurement> stage, InferenceSetup setup) =>
        StageMeasurement.Of([.. rounds.Select(stage)], setup.BlocksPerBatch, blocks.PointsPerBlock);

    private Products MeasureProducts(InferenceSetup setup, SetupRun run, CancellationToken cancellation)
    {
        SegmentationModelOptions options = SetupRun.OptionsOf(setup);
        IReadOnlyList<ExecutedNode> nodes = ExecutedNode.Of(bundle, options, model => run.Network(model, 0, 0), run.RowsOf(0, 0));
        IGrouping<MatrixProduct, MatrixProduct>[] shapes = [.. nodes.SelectMany(node => node.Products).GroupBy(product => product)];
        // Each shape is repeated by itself, so that its operands are in the cache; a shape has its share of the time that a stage has.
        LoadPlan each = plan.Load with { Time = plan.Load.Time / Math.Max(1, shapes.Length) };
        return new Products(
            nodes.Sum(node => node.MultiplyAdds), [.. shapes.Select(shape => new ProductTimes(shape.Key, shape.Count(), Measure(setup, shape.Key, each, options, cancellation)))],
            Measure(setup, new MatrixProduct(SquareEdge, SquareEdge, SquareEdge), plan.Load, options, cancellation));
    }

    private static LoadMeasurement Measure(InferenceSetup setup, MatrixProduct product, LoadPlan load, SegmentationModelOptions options, CancellationToken cancellation)
    {
        GemmRun[] runs = [.. Enumerable.Range(0, setup.Sessions).Select(_ => new GemmRun(product, options))];
        try
        {
            return LoadMeasurement.Take(setup.Sessions, load, (worker, _) => runs[worker].Run(), cancellation);
        }
        finally
        {
            foreach (GemmRun run in runs) run.Dispose();
        }
    }

    private static PeakShare Share(List<Round> rounds, StageMeasurement network, InferenceSetup setup)
    {
        Products first = rounds[0].Products!;
        (double work, double median, double least, double cpu) = (0, 0, 0, 0);
        for (int shape = 0; shape < first.Alone.Count; shape++)
        {
            (MatrixProduct product, int times, _) = first.Alone[shape];
            LoadMeasurement alone = LoadMeasurement.Of([.. rounds.Select(round => round.Products!.Alone[shape].Alone)]);
            SampleSummary seconds = SampleSummary.Of(alone.Seconds);
            work += times * product.MultiplyAdds;
            median += times * seconds.P50;
            least += times * seconds.Least;
            cpu += times * alone.CpuSeconds / alone.Seconds.Count;
        }

        SampleSummary square = SampleSummary.Of(LoadMeasurement.Of([.. rounds.Select(round => round.Products!.Square)]).Seconds);
        double networkRate = first.Executed * setup.Sessions / network.Seconds.P50, productsRate = work * setup.Sessions / median;
        double squareRate = Math.Pow(SquareEdge, 3) * setup.Sessions / square.P50;
        return new PeakShare(
            (double)first.Executed / setup.BlocksPerBatch, networkRate, productsRate, squareRate, networkRate / productsRate, networkRate / squareRate,
            LeastShare: first.Executed / network.Seconds.Least / (work / least),
            CpuShare: first.Executed / (network.CpuSecondsPerBlock * setup.BlocksPerBatch) / (work / cpu));
    }

    /// <param name="Executed">Multiply-adds of a run of the network.</param>
    /// <param name="Alone">Its matrix products.</param>
    /// <param name="Square">A square one.</param>
    private sealed record Products(long Executed, IReadOnlyList<ProductTimes> Alone, LoadMeasurement Square);

    /// <param name="Product">A shape.</param>
    /// <param name="Times">How often a run of the network has it.</param>
    /// <param name="Alone">One such product.</param>
    private sealed record ProductTimes(MatrixProduct Product, int Times, LoadMeasurement Alone);

    private sealed record Round(LoadMeasurement? Neighbourhoods, LoadMeasurement Network, LoadMeasurement Together, long PeakMemory, Products? Products);
}
