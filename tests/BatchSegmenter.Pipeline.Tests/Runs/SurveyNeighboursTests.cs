using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class SurveyNeighboursTests : IDisposable
{
    private const double X = 500_100, Y = 4_000_200;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Neighbours_are_those_within_halo_and_ground_window()
    {
        // Margin: a halo of 20 m and 100 m of ground beneath it; surveys are 50 m wide.
        Survey("a", 0, 0);
        Survey("beside", 50, 0);
        Survey("within", 50 + 118, 0);
        Survey("beyond", 0, -50 - 122);
        Survey("corner", -50 - 118, 50 + 118);

        SurveyNeighbours neighbours = await Find(halo: 20);

        Assert.Equal(["beside", "corner", "within"], Names(neighbours, "a"));
        Assert.Equal(["a", "within"], Names(neighbours, "beside"));
        Assert.Equal(120, neighbours.Of(Input("a")).Margin);
    }

    [Fact]
    public async Task What_is_expected_follows_from_the_boxes()
    {
        Survey("a", 0, 0);
        Survey("b", 50 + 95, 0); // 25 m of 50 m within 120 m

        Surroundings around = (await Find(halo: 20)).Of(Input("a"));

        Assert.InRange(around.ExpectedPoints, 480, 520);
        Assert.True(around.RoomFor > around.ExpectedPoints);
    }

    [Fact]
    public async Task By_itself_the_margin_grows_with_the_spacing_and_not_with_a_stray_point()
    {
        Survey("dense", 0, 0, 40_000);
        Survey("sparse", 0, 0, 300);
        PointColumns stray = SampleSurvey.Points(1000);
        stray.X[7] += 1_000_000;
        SampleSurvey.Write(_folder["in/stray.las"], stray);

        SurveyNeighbours neighbours = await Find(halo: null);

        double dense = neighbours.Of(Input("dense")).Margin, sparse = neighbours.Of(Input("sparse")).Margin, wide = neighbours.Of(Input("stray")).Margin;
        Assert.InRange(dense, 105, sparse - 5);
        Assert.InRange(wide, 120, 250);
    }

    [Theory]
    [InlineData(25832, 1.0, "EPSG 25832")]
    [InlineData(null, 1.0, "no system told")]
    [InlineData(2227, 0.3048006, "EPSG 2227, 0.304801 m per unit")]
    public async Task Another_reference_system_makes_no_neighbour_and_a_warning(int? epsg, double unit, string told)
    {
        Survey("a", 0, 0);
        PointColumns points = SampleSurvey.Points(1000, x: X + 50, y: Y);
        for (int i = 0; i < points.Count; i++) (points.X[i], points.Y[i], points.Z[i]) = (points.X[i] / unit, points.Y[i] / unit, points.Z[i] / unit);
        SampleSurvey.Write(_folder["in/b.las"], points, new LasWriterOptions { Epsg = epsg, Scale = (0.01, 0.01, 0.01) });

        SurveyNeighbours neighbours = await Find(halo: 20);

        Surroundings around = neighbours.Of(Input("a"));
        Assert.Empty(around.Inputs);
        Assert.Contains(_folder["in/b.las"], around.Warning);
        Assert.Contains($"{told}", around.Warning);
        Assert.Contains("EPSG 32631, 1 m per unit, 1 m in height here", around.Warning);
        Assert.NotNull(neighbours.Of(Input("b")).Warning);
    }

    [Fact]
    public async Task No_system_told_by_either_is_one_system()
    {
        foreach (string name in (string[])["a", "b"]) SampleSurvey.Write(_folder[$"in/{name}.las"], SampleSurvey.Points(500), new LasWriterOptions { Offset = (500_000, 4_000_000, 0) });

        Surroundings around = (await Find(halo: 20)).Of(Input("a"));

        Assert.Equal(("b", null), (Assert.Single(around.Inputs).RelativePath, around.Warning));
    }

    [Fact]
    public async Task What_cannot_be_read_or_has_no_box_or_no_points_is_no_neighbour()
    {
        Survey("a", 0, 0);
        _folder.Write("in/broken.las", "LASF and nothing more");
        SampleSurvey.Write(_folder["in/empty.las"], new PointColumns(0, SampleSurvey.Attributes));
        _folder.Write("in/text.xyz", string.Join('\n', Enumerable.Range(0, 50).Select(i => FormattableString.Invariant($"{X + i:0.00} {Y + i:0.00} {100 + i:0.00}"))));

        SurveyNeighbours neighbours = await Find(halo: 20);

        Assert.Equal((0, null), (neighbours.Of(Input("a")).Inputs.Count, neighbours.Of(Input("a")).Warning));
        Assert.Null(neighbours.Of(Input("broken")).Warning);
        Assert.Null(neighbours.Of(Input("empty")).Warning);
        Assert.Contains("tells no bounds", neighbours.Of(Input("text")).Warning);
    }

    [Fact]
    public async Task The_order_of_inputs_does_not_matter()
    {
        for (int i = 0; i < 12; i++) Survey($"{i}", 50 * (i % 4), 50 * (i / 4), 100);
        SegmentationInput[] inputs = [.. Inputs()];
        SurveyNeighbours one = await Find(halo: 0, inputs), other = await Find(halo: 0, [.. inputs.Reverse()]);

        foreach (SegmentationInput input in inputs) Assert.Equal(one.Of(input).Inputs, other.Of(input).Inputs);
        Assert.Equal(11, one.Of(Input("5")).Inputs.Count);
        Assert.DoesNotContain("0", Names(one, "3"));
    }

    private void Survey(string name, double east, double north, int points = 1000) =>
        SampleSurvey.Write(_folder[$"in/{name}.las"], SampleSurvey.Points(points, x: X + east, y: Y + north));

    private IReadOnlyList<SegmentationInput> Inputs() => InputList.FindAsync(Options(null)).GetAwaiter().GetResult().Inputs;

    private SegmentationInput Input(string name) => Inputs().Single(input => input.RelativePath == name);

    private static string[] Names(SurveyNeighbours neighbours, string name) =>
        [.. neighbours.Of(new SegmentationInput("/x", name)).Inputs.Select(input => input.RelativePath)];

    private Task<SurveyNeighbours> Find(double? halo, IReadOnlyList<SegmentationInput>? inputs = null) =>
        SurveyNeighbours.FindAsync(inputs ?? Inputs(), Options(halo), SampleBundle.Input);

    private SegmentationOptions Options(double? halo) =>
        new() { Inputs = [_folder["in"]], Model = "m", Output = _folder["out"], Tiles = new TileOptions { AcrossFiles = true, Halo = halo } };
}
