using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Options;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests;

/// <summary>Counts the bytes of the whole process, so nothing may run beside it.</summary>
[CollectionDefinition("allocation", DisableParallelization = true)]
public sealed class AllocationCollection;

[Collection("allocation")]
public sealed class AllocationTests : IDisposable
{
    private const int Strip = 3000; // points of a square of 50 m

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// What is left is held for whole surveys and tiles: decoded columns, thinned points with their measures, votes, labels, and a row group of each output.
    /// Blocks that allocate what they hold add some 350 bytes a point of this bundle.
    /// </summary>
    [Fact]
    public async Task A_further_point_takes_no_more_than_its_share_of_surveys_tiles_and_row_groups()
    {
        const int Strips = 10;
        const double MostPerPoint = 530;
        ModelDescription description = SampleBundle.Description with { Input = SampleBundle.Input with { Block = new BlockDescription(2048, 1024) } };
        using SegmentationModel model = SegmentationModel.Load(SampleBundle.Write(_folder["bundle"], description));
        SampleSurvey.Write(_folder["few/a.las"], Survey(Strips));
        SampleSurvey.Write(_folder["many/a.las"], Survey(4 * Strips));

        await Allocated(model, "few"); // what is made once per process is made now
        long few = await Allocated(model, "few"), many = await Allocated(model, "many");

        double perPoint = (double)(many - few) / (3 * Strips * Strip);
        Assert.True(perPoint < MostPerPoint, $"{perPoint:0.0} bytes per further point: {few:N0} bytes for {Strips * Strip:N0} points, {many:N0} for four times as many");
    }

    private async Task<long> Allocated(SegmentationModel model, string inputs)
    {
        SegmentationOptions options = new()
        {
            Inputs = [_folder[inputs]],
            Model = _folder["bundle"],
            Output = _folder["out " + Guid.NewGuid()],
            Write = new WriteOptions { Points = new PointOutputOptions { Columns = ["intensity"] }, Las = new LasOutputOptions() },
            Limits = new LimitOptions { Cores = 1 },
        };
        IReadOnlyList<SegmentationInput> found = (await InputList.FindAsync(options)).Inputs;
        RunProgress progress = new(found);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await new SegmentationPipeline(options, model).RunAsync(found, progress);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.Equal(InputStatus.Done, Assert.Single(progress.Outcome().Inputs).Status);
        return allocated;
    }

    /// <summary>Squares of equal density in a row.</summary>
    private static PointColumns Survey(int strips)
    {
        PointColumns all = new(strips * Strip, SampleSurvey.Attributes);
        for (int strip = 0; strip < strips; strip++) all.Append(SampleSurvey.Points(Strip, strip + 1, 500_100 + SampleSurvey.Edge * strip));
        return all;
    }
}
