using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Synthesis;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests;

/// <summary>A simulated survey of 200 m, whole and cut into 2 × 2 files of 100 m, labelled by the model that is shipped.</summary>
public sealed class SeamTests : IDisposable
{
    // Borders of files are borders of tiles of 30 m from the system's origin, not from the last whole kilometre, and a kilometre ends nearby.
    private const double BorderX = 601_020, BorderY = 5_300_100, Near = 20;

    private readonly TemporaryFolder _folder = new();
    private readonly SegmentationModel _model = SegmentationModel.Load(
        ModelBundle.Load(Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial"), BundleTrust.Load(false, [])));
    private readonly PointColumns _survey = new(0, SyntheticSurvey.Attributes);
    private readonly List<int>[] _parts = [[], [], [], []];

    public SeamTests()
    {
        foreach (PointColumns run in SyntheticSurvey.Generate(new SynthesisOptions { Points = 320_000, Seed = 5 })) _survey.Append(run);
        for (int i = 0; i < _survey.Count; i++)
        {
            _survey.X[i] += BorderX - 100 - SurveyScanner.OriginX;
            _parts[(_survey.X[i] >= BorderX ? 1 : 0) + (_survey.Y[i] >= BorderY ? 2 : 0)].Add(i);
        }

        LasWriterOptions las = new() { Epsg = 32632, Offset = (SurveyScanner.OriginX, SurveyScanner.OriginY, 0) };
        SampleSurvey.Write(_folder["whole/all.las"], _survey, las);
        for (int i = 0; i < 4; i++)
        {
            PointColumns part = new(0, _survey.Attributes);
            part.Append(_survey, [.. _parts[i]]);
            SampleSurvey.Write(_folder[$"cut/{i}.las"], part, las);
        }
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    /// <summary>Where borders of files are borders of tiles, all that differs is last bits of the ground, whose grid begins elsewhere.</summary>
    [Fact]
    public async Task Along_borders_of_tiles_cut_files_are_labelled_like_the_whole_survey()
    {
        TileOptions tiles = new() { Edge = 30 };
        int[] whole = await Whole(tiles with { AcrossFiles = true });

        Shares alone = Compare(await Cut(tiles), await Whole(tiles)), across = Compare(await Cut(tiles with { AcrossFiles = true }), whole);

        Assert.InRange(alone.Near, 0.003, 1); // there is a seam to begin with
        Assert.InRange(across.Near, 0, alone.Near / 10);
        Assert.InRange(across.Near, 0, 0.0005);
        Assert.InRange(across.Far, 0, 0.0005);
    }

    /// <summary>
    /// Elsewhere cut files have other blocks than the whole survey all over, and some labels of doubtful points come out otherwise; the seam
    /// is what differs more near borders than far from them.
    /// </summary>
    [Fact]
    public async Task Within_tiles_the_seam_goes_too()
    {
        int[] whole = await Whole(new TileOptions());

        Shares alone = Compare(await Cut(new TileOptions()), whole), across = Compare(await Cut(new TileOptions { AcrossFiles = true }), whole);

        Assert.InRange(alone.Near - alone.Far, 0.002, 1);
        Assert.InRange(across.Near - across.Far, -1, (alone.Near - alone.Far) / 3);
        Assert.InRange(across.Near, 0, 0.005);
    }

    /// <summary>The shares of differing labels within 20 m of borders of files, and farther off.</summary>
    private Shares Compare(int[] labels, int[] others)
    {
        (double Points, double Differing) near = default, far = default;
        for (int i = 0; i < labels.Length; i++)
        {
            ref (double Points, double Differing) group = ref Math.Min(Math.Abs(_survey.X[i] - BorderX), Math.Abs(_survey.Y[i] - BorderY)) <= Near ? ref near : ref far;
            group.Points++;
            if (labels[i] != others[i]) group.Differing++;
        }

        return new Shares(near.Differing / near.Points, far.Differing / far.Points);
    }

    private async Task<int[]> Whole(TileOptions tiles)
    {
        string output = await Run("whole", tiles);
        return Dataset.Column<int>(output, "all", "label");
    }

    private async Task<int[]> Cut(TileOptions tiles)
    {
        string output = await Run("cut", tiles);
        int[] labels = new int[_survey.Count];
        for (int part = 0; part < 4; part++)
        {
            int[] some = Dataset.Column<int>(output, $"{part}", "label");
            Assert.Equal(_parts[part].Count, some.Length); // each point once, by its own file
            for (int i = 0; i < some.Length; i++) labels[_parts[part][i]] = some[i];
        }

        return labels;
    }

    private async Task<string> Run(string input, TileOptions tiles)
    {
        SegmentationOptions options = new() { Inputs = [_folder[input]], Model = "aerial", Output = _folder[$"{input}-{tiles.Edge}-{tiles.AcrossFiles}"], Tiles = tiles };
        IReadOnlyList<SegmentationInput> inputs = (await InputList.FindAsync(options)).Inputs;
        RunProgress progress = new(inputs);
        await new SegmentationPipeline(options, _model).RunAsync(inputs, progress);
        Assert.Equal(0, progress.Failed);
        return options.Output;
    }

    private readonly record struct Shares(double Near, double Far);
}
