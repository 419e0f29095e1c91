using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class RunModelTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RememberedSetups _remembered;
    private int _measured;
    private bool _busy;

    public RunModelTests()
    {
        SampleBundle.Write(_folder["bundle"]);
        _remembered = new RememberedSetups(_folder["setups"]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_small_run_takes_a_core_for_each_session_and_measures_nothing()
    {
        Assert.Equal((3, 1, 1, SetupOrigin.Standard), await Load(new(), cores: 3, RunModel.LeastBytes - 1));
        Assert.False(Directory.Exists(_folder["setups"]));
    }

    [Fact]
    public async Task A_large_run_measures_once()
    {
        Assert.Equal((1, 2, 5, SetupOrigin.Measured), await Load(new(), cores: 2, RunModel.LeastBytes));
        Assert.Equal((1, 2, 5, SetupOrigin.Remembered), await Load(new(), cores: 2, RunModel.LeastBytes));
        Assert.Equal((1, 2, 5, SetupOrigin.Remembered), await Load(new(), cores: 2, 1));
        Assert.Equal(1, _measured);
        Assert.Single(Directory.GetFiles(_folder["setups"]));
    }

    [Fact]
    public async Task What_a_busy_machine_does_not_tell_is_not_remembered()
    {
        _busy = true;
        Assert.Equal((2, 1, 1, SetupOrigin.Standard), await Load(new(), cores: 2, RunModel.LeastBytes));
        Assert.Equal((2, 1, 1, SetupOrigin.Standard), await Load(new(), cores: 2, RunModel.LeastBytes));
        Assert.Equal(2, _measured);
        Assert.False(Directory.Exists(_folder["setups"]));
    }

    [Fact]
    public async Task Other_cores_and_choices_are_measured_by_themselves()
    {
        await Load(new(), cores: 2, RunModel.LeastBytes);
        Assert.Equal(SetupOrigin.Measured, (await Load(new(), cores: 1, RunModel.LeastBytes)).Origin);
        Assert.Equal((7, SetupOrigin.Measured), await BlocksOf(new() { BlocksPerBatch = 7 }));
        Assert.Equal((7, SetupOrigin.Remembered), await BlocksOf(new() { BlocksPerBatch = 7 }));

        async Task<(int, SetupOrigin)> BlocksOf(InferenceOptions inference)
        {
            (_, _, int blocks, SetupOrigin origin) = await Load(inference, cores: 2, RunModel.LeastBytes);
            return (blocks, origin);
        }
    }

    [Theory]
    [InlineData(5, 1, 4, 4, 1)] // sessions and their threads do not take more than the cores
    [InlineData(2, 1, 4, 2, 1)]
    [InlineData(5, 2, 4, 2, 2)]
    [InlineData(5, 4, 4, 1, 4)]
    [InlineData(1, 3, 4, 1, 3)]
    public async Task What_is_set_is_taken_within_the_cores(int sessions, int threads, int cores, int taken, int takenThreads) => Assert.Equal(
        (taken, takenThreads, 2, SetupOrigin.Set), await Load(new() { Sessions = sessions, Threads = threads, BlocksPerBatch = 2 }, cores, long.MaxValue));

    [Fact]
    public async Task More_threads_than_cores_are_refused() => Assert.StartsWith(
        "inference.threads: found 3; expected at most the 2 cores that the run may use",
        (await Assert.ThrowsAsync<ConfigurationException>(() => Load(new() { Threads = 3 }, cores: 2, 0))).Message);

    [Fact]
    public async Task Where_there_is_no_accelerator_the_processor_is_set_up_as_such_and_says_why()
    {
        (SegmentationModel model, UsedSetup setup) = await RunModel.LoadAsync(Options(new() { Providers = ["cuda", "cpu"], Devices = [0, 1] }, cores: 2), 0, _remembered);
        using (model)
        {
            if (model.Provider != ExecutionProvider.Cpu) return;
            Assert.Equal((2, 1, 1), (setup.Sessions, setup.Threads, setup.BlocksPerBatch));
            Assert.Equal([0], setup.Devices);
            Assert.StartsWith("cuda is not used", Assert.Single(model.PassedOver));
        }
    }

    private SegmentationOptions Options(InferenceOptions inference, int cores) =>
        new() { Inputs = ["a.las"], Model = _folder["bundle"], Output = _folder["out"], Inference = inference, Limits = new LimitOptions { Cores = cores } };

    /// <summary>Finds all cores for one session and five blocks the fastest, where that was not decided before.</summary>
    private (InferenceSetup Setup, double PointsPerSecond)? Measure(SetupSearch search)
    {
        _measured++;
        InferenceSetup whole = new(ExecutionProvider.Cpu, Threads: search.Standard.Sessions, Sessions: 1, search.BlocksPerBatch ?? 5);
        return _busy ? null : (whole, 1000);
    }

    private async Task<(int Sessions, int Threads, int Blocks, SetupOrigin Origin)> Load(InferenceOptions inference, int cores, long bytes)
    {
        (SegmentationModel model, UsedSetup setup) = await RunModel.LoadAsync(Options(inference, cores), bytes, _remembered, Measure);
        using (model)
        {
            Assert.Equal((setup.Sessions, setup.Threads, setup.BlocksPerBatch), (model.Sessions, model.ThreadsPerRun, model.BlocksPerBatch));
            return (setup.Sessions, setup.Threads, setup.BlocksPerBatch, setup.Origin);
        }
    }
}
