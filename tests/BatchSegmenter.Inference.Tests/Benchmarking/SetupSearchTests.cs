using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests.Benchmarking;

public sealed class SetupSearchTests : IDisposable
{
    private static readonly LoadPlan Short = new(TimeSpan.Zero, Runs: 1, WarmUpRuns: 0);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, "1×1")]
    [InlineData(2, "2×1 1×2")]
    [InlineData(6, "6×1 3×2 1×4 1×6")]
    [InlineData(64, "64×1 32×2 16×4 8×8")]
    public void CoresAreSharedOutAmongRunsAndTheirThreads(int cores, string expected) =>
        Assert.Equal(expected.Split(' '), new SetupSearch(Bundle(SampleModels.TwoLevels), cores).Shares.Select(setup => $"{setup.Sessions}×{setup.Threads}"));

    [Fact]
    public void WhatIsGivenIsNotTried()
    {
        ModelBundle bundle = Bundle(SampleModels.TwoLevels);
        Assert.Equal((2, 3), Of(Assert.Single(new SetupSearch(bundle, 8) { Threads = 3 }.Shares)));
        Assert.Equal((5, 1), Of(Assert.Single(new SetupSearch(bundle, 8) { Sessions = 5 }.Shares)));
        Assert.Equal((8, 1), Of(Assert.Single(new SetupSearch(bundle, 8) { Sessions = 50 }.Shares)));

        (InferenceSetup fastest, double rate) = new SetupSearch(bundle, 2) { Threads = 2, BlocksPerBatch = 3, Load = Short }.Fastest()!.Value;
        Assert.Equal(new InferenceSetup("cpu", 2, 1, 3), fastest);
        Assert.True(rate > 0);

        static (int, int) Of(InferenceSetup setup) => (setup.Sessions, setup.Threads);
    }

    [Fact]
    public void TheFastestIsOneOfThoseTried()
    {
        InferenceSetup fastest = new SetupSearch(Bundle(SampleModels.TwoLevels), 2) { Load = Short, LeastCoreShare = 0 }.Fastest()!.Value.Setup;
        Assert.Contains((fastest.Sessions, fastest.Threads), new[] { (2, 1), (1, 2) });
        Assert.Contains(fastest.BlocksPerBatch, new[] { 1, 2, 4 });
    }

    [Fact]
    public void ANetworkWhoseBitsDependOnTheBatchRunsBlockByBlock()
    {
        SetupSearch search = new(Bundle(SampleModels.Global), 2) { BlocksPerBatch = 4, Load = Short, LeastCoreShare = 0 };
        Assert.Equal(1, search.Standard.BlocksPerBatch);
        Assert.Equal(1, search.Fastest()!.Value.Setup.BlocksPerBatch);
    }

    [Fact]
    public void WithoutTimeTheFirstIsTaken() =>
        Assert.Equal(new InferenceSetup("cpu", 1, 2, 1), new SetupSearch(Bundle(SampleModels.TwoLevels), 2) { Load = Short, LeastCoreShare = 0, Most = TimeSpan.Zero }.Fastest()!.Value.Setup);

    [Fact]
    public void AMachineThatIsBusyOtherwiseTellsNothing() =>
        Assert.Null(new SetupSearch(Bundle(SampleModels.TwoLevels), 2) { Load = Short, LeastCoreShare = double.MaxValue }.Fastest());

    private ModelBundle Bundle(PointNet2Description network) => ModelBundleWriter.Write(
        _folder["bundle"],
        SampleModels.Description(network) with { Input = SampleModels.Description(network).Input with { Block = new BlockDescription(200, 100) } },
        PointNet2Graph.Rewritten(PointNet2Weights.Random(network, 1)));
}
