using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Stages;

public sealed class NeighbourReadingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, int> _opened = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(256, 1)]
    [InlineData(0, 8)]
    public async Task A_neighbour_is_decoded_once_for_all_beside_it_while_there_is_room(int kept, int decoded)
    {
        for (int i = 0; i < 9; i++) Survey($"{i}", i);

        foreach ((_, int times) in (await Read(kept)).Opened) Assert.Equal(decoded, times);
    }

    [Fact]
    public async Task What_is_kept_is_what_is_decoded()
    {
        for (int i = 0; i < 6; i++) Survey($"{i}", i);
        Survey("far", 0, shift: 170); // of which only a part is near any other

        Assert.Equal((await Read(0)).Seen, (await Read(256)).Seen);
    }

    [Fact]
    public async Task What_was_lost_is_tried_again_by_the_next()
    {
        for (int i = 0; i < 3; i++) Survey($"{i}", i);

        (_, IReadOnlyList<string> seen) = await Read(256, unreadable: "1");

        Assert.Equal(2, _opened["1"]);
        Assert.Equal(2, seen.Count(text => text.StartsWith("1 is lost", StringComparison.Ordinal)));
    }

    /// <summary>Gives every input its neighbours, one after the other.</summary>
    /// <returns>How often each was opened, and what each was given, in words.</returns>
    private async Task<(IReadOnlyDictionary<string, int> Opened, IReadOnlyList<string> Seen)> Read(int kept, string? unreadable = null)
    {
        SegmentationOptions options = new() { Inputs = [_folder["in"]], Model = "m", Output = _folder["out"], Tiles = new TileOptions { AcrossFiles = true, Halo = 0 } };
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        SurveyNeighbours neighbours = await SurveyNeighbours.FindAsync(inputs, options, SampleBundle.Input);
        using ScratchFolder scratch = new(_folder["scratch"]);
        PointAttributes needed = ReadStage.Needed(SampleBundle.Input);
        PointVisibility visibility = new([]);
        List<string> seen = [];
        _opened.Clear();
        NeighbourReading reading = new(neighbours, Open, needed, visibility, new NeighbourStrips(scratch, _folder.Path, kept), new StageMeter("read"), (_, _) => { });
        foreach (SegmentationInput input in inputs)
        {
            using CloudWork cloud = new(input, 0);
            PointCloudHeader header;
            PointColumns own = new(0, needed);
            using (PointCloudReader reader = input.Open(PointReadOptions.Default))
            {
                header = reader.Header;
                while (reader.Read(own, 1000) > 0) { }
            }

            reading.LookAround(cloud);
            if (cloud.Around!.Inputs.Count == 0) continue;
            using NeighbourContext context = new(cloud.Around, header.Crs, needed, visibility);
            context.AddOwn(own);
            int neighbour = 0;
            ActionBlock<PointRun> next = new(run =>
            {
                context.Add(run.Points, run.Neighbour!);
                if (run.Neighbour!.IsLost) seen.Add($"{cloud.Around.Inputs[neighbour].RelativePath} is lost to {input.RelativePath}");
                if (run.Neighbour.IsLast) neighbour++;
            });
            await reading.ReadAsync(cloud, next, CancellationToken.None);
            next.Complete();
            await next.Completion;
            Assert.Equal(cloud.Around.Inputs.Count, neighbour);
            double sum = context.Runs(SurveyFrame.Around(own, header.Crs)).Sum(run => run.X[..run.Count].Sum() + run.Intensity![..run.Count].Sum(it => it));
            seen.Add(FormattableString.Invariant($"{input.RelativePath}: {context.Count} points, {sum:R}, {context.Beyond.Intensity?[700]}"));
        }

        return (_opened, seen);

        PointCloudReader Open(SegmentationInput input)
        {
            _opened[input.RelativePath] = _opened.GetValueOrDefault(input.RelativePath) + 1;
            return input.RelativePath == unreadable ? throw new UnauthorizedAccessException("not now") : input.Open(PointReadOptions.Default);
        }
    }

    private void Survey(string name, int place, double shift = 0) => SampleSurvey.Write(
        _folder[$"in/{name}.las"],
        SampleSurvey.Points(400, seed: place + 1, x: 500_100 + SampleSurvey.Edge * (place % 3) + shift, y: 4_000_200 + SampleSurvey.Edge * (place / 3)));
}
