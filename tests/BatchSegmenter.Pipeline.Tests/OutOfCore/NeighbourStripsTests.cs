using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.OutOfCore;

public sealed class NeighbourStripsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_strip_gives_back_its_points_and_the_signals_of_the_others()
    {
        using ScratchFolder scratch = new(_folder.Path);
        using NeighbourStrip strip = new(scratch.Create("neighbour"));
        PointColumns points = SampleSurvey.Points(10_000), first = new(0, SampleSurvey.Attributes), found = new(0, SampleSurvey.Attributes);
        SignalTally others = new();
        others.Add(SampleSurvey.Points(500, seed: 2));
        first.Append(points, 0, 6000);
        strip.Append(first);
        first.Count = 0;
        first.Append(points, 6000, 4000);
        strip.Append(first);
        strip.Complete(others);

        strip.Read(0, 7000, found);
        strip.Read(7000, 7000, found);

        Assert.Equal(points.X[..10_000], found.X[..found.Count]);
        Assert.Equal(points.Intensity![..10_000], found.Intensity![..found.Count]);
        Assert.Equal(points.NumberOfReturns![..10_000], found.NumberOfReturns![..found.Count]);
        SignalTally kept = strip.Others();
        Assert.True(kept.HasReturns);
        for (ushort intensity = 0; intensity < 1200; intensity += 50) Assert.Equal(others.Intensity![intensity], kept.Intensity![intensity]);
    }

    [Fact]
    public void The_strip_not_asked_for_longest_goes_first_and_its_file_with_it()
    {
        using ScratchFolder scratch = new(_folder.Path);
        NeighbourStrips strips = new(scratch, _folder.Path, most: 2);
        SegmentationInput[] inputs = [.. "abc".Select(name => new SegmentationInput($"/in/{name}.las", $"{name}"))];
        foreach (SegmentationInput input in inputs[..2]) Keep(input);
        Assert.NotNull(strips.Find(inputs[0]));

        Keep(inputs[2]);

        Assert.Equal([true, false, true], inputs.Select(input => strips.Find(input) is not null));
        Assert.Equal(2, Directory.GetFiles(scratch.Folder(), "*neighbour").Length);

        void Keep(SegmentationInput input)
        {
            NeighbourStrip strip = strips.Begin();
            strip.Append(SampleSurvey.Points(10));
            strip.Complete(new SignalTally());
            Assert.True(strips.MakeRoom(strip));
            strips.Keep(input, strip);
        }
    }
}
