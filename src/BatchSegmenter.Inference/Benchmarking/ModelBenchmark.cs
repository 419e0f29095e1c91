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
        IReadOnlyList<ExecutedNode> nodes = ExecutedNode.Of(bundle, options, model => run.Network(model, 0, 0));
        MatrixProduct[] products = [.. nodes.Select(node => node.Product).OfType<MatrixProduct>()];
        return new Products(
            nodes.Sum(node => node.MultiplyAdds), products.Sum(product => product.MultiplyAdds),
            MeasureProducts(setup, products, options, cancellation), MeasureProducts(setup, [new MatrixProduct(SquareEdge, SquareEdge, SquareEdge)], options, cancellation));
    }

    private LoadMeasurement MeasureProducts(InferenceSetup setup, MatrixProduct[] products, SegmentationModelOptions options, CancellationToken cancellation)
    {
        GemmRun[] runs = [.. Enumerable.Range(0, setup.Sessions).Select(_ => new GemmRun(products, options))];
        try
        {
            return LoadMeasurement.Take(setup.Sessions, plan.Load, (worker, _) => runs[worker].Run(), cancellation);
        }
        finally
        {
            foreach (GemmRun run in runs) run.Dispose();
        }
    }

    private static PeakShare Share(List<Round> rounds, StageMeasurement network, InferenceSetup setup)
    {
        Products first = rounds[0].Products!;
        LoadMeasurement alone = LoadMeasurement.Of([.. rounds.Select(round => round.Products!.Alone)]);
        SampleSummary products = SampleSummary.Of(alone.Seconds);
        SampleSummary square = SampleSummary.Of(LoadMeasurement.Of([.. rounds.Select(round => round.Products!.Square)]).Seconds);
        double networkRate = first.Executed * setup.Sessions / network.Seconds.P50;
        double productsRate = first.InProducts * setup.Sessions / products.P50;
        double squareRate = Math.Pow(SquareEdge, 3) * setup.Sessions / square.P50;
        double leastShare = first.Executed / network.Seconds.Least / (first.InProducts / products.Least);
        double cpuShare = first.Executed / (network.CpuSecondsPerBlock * setup.BlocksPerBatch) / (first.InProducts / (alone.CpuSeconds / alone.Seconds.Count));
        return new PeakShare(
            (double)first.Executed / setup.BlocksPerBatch, networkRate, productsRate, squareRate, networkRate / productsRate, networkRate / squareRate, leastShare, cpuShare);
    }

    /// <param name="Executed">Multiply-adds of a run of the network.</param>
    /// <param name="InProducts">Those of its matrix products, which are measured alone.</param>
    /// <param name="Alone">The products of a run.</param>
    /// <param name="Square">A square one.</param>
    private sealed record Products(long Executed, long InProducts, LoadMeasurement Alone, LoadMeasurement Square);

    private sealed record Round(LoadMeasurement? Neighbourhoods, LoadMeasurement Network, LoadMeasurement Together, long PeakMemory, Products? Products);
}
