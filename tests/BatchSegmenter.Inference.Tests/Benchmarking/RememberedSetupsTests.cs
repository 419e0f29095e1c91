using BatchSegmenter.Inference.Benchmarking;

namespace BatchSegmenter.Inference.Tests.Benchmarking;

public sealed class RememberedSetupsTests : IDisposable
{
    private static readonly SetupKey Key = new("a processor", 4, "1.31", "cpu", "abc", null, null, 2);
    private static readonly InferenceSetup Setup = new("cpu", Threads: 2, Sessions: 2, BlocksPerBatch: 2);

    private readonly TemporaryFolder _folder = new();
    private readonly RememberedSetups _setups;

    public RememberedSetupsTests() => _setups = new RememberedSetups(_folder["a/b"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void FindsWhatWasRememberedAndNothingElse()
    {
        Assert.Null(_setups.Find(Key));
        _setups.Remember(Key, Setup, 1000);
        Assert.Equal(Setup, _setups.Find(Key));
        foreach (SetupKey other in new[]
        {
            Key with { Processor = "another" }, Key with { Cores = 5 }, Key with { Runtime = "1.32" }, Key with { Bundle = "abd" }, Key with { Sessions = 1 },
            Key with { Threads = 1 }, Key with { BlocksPerBatch = null },
        })
            Assert.Null(_setups.Find(other));
    }

    [Fact]
    public void AnotherMeasurementReplacesTheFirst()
    {
        _setups.Remember(Key, Setup, 1000);
        _setups.Remember(Key, Setup with { BlocksPerBatch = 4 }, 2000);
        Assert.Equal(4, _setups.Find(Key)!.BlocksPerBatch);
        Assert.Single(Directory.GetFiles(_folder["a/b"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no JSON")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{ \"key\": 3 }")]
    public void WhatIsDamagedIsNotThere(string content)
    {
        _setups.Remember(Key, Setup, 1000);
        File.WriteAllText(_setups.PathOf(Key), content);
        Assert.Null(_setups.Find(Key));
    }

    [Fact]
    public void WhatIsOfSomethingElseIsNotThere()
    {
        _setups.Remember(Key with { Bundle = "other" }, Setup, 1000);
        File.Copy(_setups.PathOf(Key with { Bundle = "other" }), _setups.PathOf(Key));
        Assert.Null(_setups.Find(Key));
    }

    [Theory]
    [InlineData("cpu", 0, 2, 2)]
    [InlineData("cpu", 3, 2, 2)] // more than there are cores
    [InlineData("cpu", 1, 2000, 2)]
    [InlineData("cpu", 2, 2, -1)]
    [InlineData("cuda", 2, 2, 2)]
    public void WhatMakesNoSenseIsNotThere(string provider, int threads, int sessions, int blocks)
    {
        _setups.Remember(Key, new InferenceSetup(provider, threads, sessions, blocks), 1000);
        Assert.True(File.Exists(_setups.PathOf(Key)));
        Assert.Null(_setups.Find(Key));
    }

    /// <summary>Each of the two cores is at work all the time unless told otherwise.</summary>
    [Theory]
    [InlineData(100, 100, 120, 1.0, 1, 2)]
    [InlineData(100, 130, 120, 1.0, 2, 1)]
    [InlineData(100, 130, 120, 0.5, null, null)]
    public void TheFastestOfABenchmarkIsRememberedUnlessTheMachineWasBusy(double oneThread, double twoSessions, double twoThreads, double coreShare, int? sessions, int? threads)
    {
        ModelBundle bundle = ModelBundleWriter.Write(
            _folder["bundle"], SampleModels.Description(), Onnx.Networks.PointNet2Graph.Rewritten(Onnx.Networks.PointNet2Weights.Random(SampleModels.TwoLevels, 1)));
        BenchmarkReport report = new()
        {
            Runtime = "1.31", Processor = "a processor", Cores = 2, Blocks = "", BlockCount = 1, PointsPerBlock = 100, Rounds = 1, Skipped = [], Accuracy = [],
            Measurements = [Way(1, 1, oneThread), Way(2, 1, twoSessions), Way(1, 2, twoThreads), Way(4, 1, 1000)],
        };

        _setups.Remember(bundle, report);

        InferenceSetup? found = _setups.Find(new SetupKey("a processor", 2, "1.31", "cpu", bundle.Id, null, null, null));
        Assert.Equal((sessions, threads), (found?.Sessions, found?.Threads));

        SetupMeasurement Way(int sessions, int threads, double blocksPerSecond)
        {
            StageMeasurement stage = new(SampleSummary.Of([1]), blocksPerSecond, 100 * blocksPerSecond, coreShare * sessions / blocksPerSecond, 0);
            return new SetupMeasurement(bundle.Folder, "fp32", new InferenceSetup("cpu", threads, sessions, 1), stage, stage, stage, 0, null);
        }
    }

    [Fact]
    public void AFolderThatCannotBeWrittenIsNoReasonToStop()
    {
        File.WriteAllText(_folder["file"], "");
        RememberedSetups nowhere = new(_folder["file"]);
        nowhere.Remember(Key, Setup, 1000);
        Assert.Null(nowhere.Find(Key));
    }
}
