using System.Security.Cryptography;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.OutOfCore;

public sealed class SpilledRunTests(SampleModel model) : IClassFixture<SampleModel>, IDisposable
{
    private const long Tiny = 1 << 20; // holds some 700 points
    private static readonly WriteOptions Everything = new()
    {
        Points = new PointOutputOptions { Columns = ["intensity", "classification"], Probabilities = true, Entropy = true },
        Las = new LasOutputOptions { Confidence = true, Format = "laz" },
    };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData(15.0)]
    public async Task Outputs_are_the_same_bytes_whatever_the_memory(double? edge)
    {
        PointColumns survey = SampleSurvey.Points(6000);
        for (int i = 0; i < 600; i++) survey.Classification![i * 7] = (byte)(i % 3 == 0 ? 9 : i % 3 == 1 ? 18 : 40);
        (survey.X[300], survey.Y[300]) = (-2_000_000, 3_000_000); // far outside
        SampleSurvey.Write(_folder["in/a.las"], survey, new() { Scale = (0.01, 0.01, 0.01), Epsg = 32631 });
        SampleSurvey.Write(_folder["in/b.las"], SampleSurvey.Points(600, seed: 2));
        SampleSurvey.Write(_folder["in/c.las"], SampleSurvey.Points(2500, seed: 3));
        SegmentationOptions options = Options("held") with
        {
            Tiles = new TileOptions { Edge = edge }, Write = Everything, Classes = new ClassOptions { Keep = [9], Exclude = [18] },
        };

        RunOutcome held = await Run(options);
        RunOutcome spilled = await Run(WithBudget(options with { Output = _folder["spilled"] }, Tiny));
        RunOutcome oneCore = await Run(WithBudget(options with { Output = _folder["one"] }, 1, cores: 1));

        Assert.Equal(6, Hashes("held").Count);
        Assert.Equal(Hashes("held"), Hashes("spilled"));
        Assert.Equal(Hashes("held"), Hashes("one"));
        Assert.Equal(held.Inputs.Select(input => (input.Points, input.MeanConfidence)), spilled.Inputs.Select(input => (input.Points, input.MeanConfidence)));
        Assert.Equal(held.Inputs[0].LabelCounts, oneCore.Inputs[0].LabelCounts);
        Assert.Equal(held.Warnings, spilled.Warnings.Where(warning => !warning.Contains("limits.memory")));
        Assert.Contains(spilled.Warnings, warning => warning.Contains("limits.memory of 1 MiB may not be kept"));
        Assert.True(Directory.Exists(_folder["scratch"])); // it was used …
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["scratch"])); // … and left clean
    }

    [Fact]
    public async Task Scratch_is_left_clean_when_an_input_fails()
    {
        string path = SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(5000));
        using (FileStream file = File.OpenWrite(path)) file.SetLength(file.Length - 100);
        SampleSurvey.Write(_folder["in/b.las"], SampleSurvey.Points(3000));

        RunOutcome outcome = await Run(WithBudget(Options("out"), Tiny));

        Assert.Equal([InputStatus.Failed, InputStatus.Done], outcome.Inputs.Select(input => input.Status));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["scratch"]));
    }

    [Fact]
    public async Task Scratch_is_left_clean_when_the_run_is_cancelled()
    {
        for (int i = 0; i < 20; i++) SampleSurvey.Write(_folder[$"in/{i}.las"], SampleSurvey.Points(2000, seed: i));
        SegmentationOptions options = WithBudget(Options("out"), Tiny);
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        RunProgress progress = new(inputs);
        using CancellationTokenSource cancellation = new();

        Task run = new SegmentationPipeline(options, model.Model).RunAsync(inputs, progress, cancellation.Token);
        while (progress.Finished == 0 && !run.IsCompleted) Thread.Sleep(1); // on this thread: a timer would wait for others
        bool wasUsed = Directory.EnumerateDirectories(_folder["scratch"]).Any();
        cancellation.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);

        Assert.True(wasUsed);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder["scratch"]));
    }

    [Fact]
    public async Task Bytes_in_flight_stay_within_the_budget_or_one_tile()
    {
        SampleSurvey.Write(_folder["in/a.las"], SampleSurvey.Points(20_000));
        SegmentationOptions options = WithBudget(Options("out") with { Tiles = new TileOptions { Edge = 10, Halo = 5 } }, Tiny);
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        RunProgress progress = new(inputs);
        long most = 0;

        Task run = new SegmentationPipeline(options, model.Model).RunAsync(inputs, progress);
        while (!run.IsCompleted)
        {
            most = Math.Max(most, progress.BytesInFlight);
            await Task.Delay(1);
        }

        await run;
        MemoryBudget budget = new(Tiny);
        long largestTile = budget.OfTile(20_000 * 16 / 25); // core and halo: 20 m × 20 m of 50 m × 50 m
        Assert.InRange(most, 0, budget.Clouds + Math.Max(budget.Tiles, largestTile));
        Assert.Equal(0, progress.BytesInFlight);
    }

    private SegmentationOptions WithBudget(SegmentationOptions options, long bytes, int cores = 2) =>
        options with { Limits = new LimitOptions { Memory = bytes, Scratch = _folder["scratch"], Cores = cores } };

    private SegmentationOptions Options(string output) => new() { Inputs = [_folder["in"]], Model = model.Folder, Output = _folder[output] };

    private async Task<RunOutcome> Run(SegmentationOptions options)
    {
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        RunProgress progress = new(inputs);
        await new SegmentationPipeline(options, model.Model).RunAsync(inputs, progress);
        return progress.Outcome();
    }

    private SortedDictionary<string, string> Hashes(string output) => new(
        Directory.EnumerateFiles(_folder[output], "*", SearchOption.AllDirectories).Where(path => !path.Contains("_ledger", StringComparison.Ordinal)).ToDictionary(
            path => Path.GetRelativePath(_folder[output], path), path => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))),
        StringComparer.Ordinal);
}
