using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class BlockNormalizerTests
{
    private static readonly PointColumns Survey = SampleSurvey.Points(4000, x: 100, y: 200);

    [Fact]
    public void The_result_does_not_depend_on_threads()
    {
        using NormalizedTile one = Normalize(Survey, parallelism: 1), four = Normalize(Survey, parallelism: 4);

        Assert.Equal(one.VoxelOf, four.VoxelOf);
        Assert.Equal(Values(one.Thinned), Values(four.Thinned));
    }

    [Fact]
    public void A_point_stands_for_those_of_its_voxel()
    {
        using NormalizedTile tile = Normalize(Survey);

        Assert.InRange(tile.Thinned.Count, 1000, 3900);
        Assert.Equal(tile.Thinned.Count, tile.Thinned.PointIndex.Distinct().Count());
        for (int i = 0; i < Survey.Count; i++)
        {
            int thinned = tile.VoxelOf[i], stands = tile.Thinned.PointIndex[thinned];
            Assert.InRange(Math.Abs(Survey.X[i] - Survey.X[stands]), 0, 0.5);
            Assert.InRange(Math.Abs(Survey.Y[i] - Survey.Y[stands]), 0, 0.5);
            Assert.InRange(Math.Abs(Survey.Z[i] - Survey.Z[stands]), 0, 0.25);
            Assert.Equal(Survey.X[stands], tile.Origin.X + tile.Thinned.X[thinned], 1e-4);
            Assert.Equal(Survey.Z[stands], tile.Origin.Z + tile.Thinned.Z[thinned], 1e-4);
        }
    }

    [Fact]
    public void Heights_are_above_the_plane_beneath_the_house()
    {
        using NormalizedTile tile = Normalize(Survey);
        for (int i = 0; i < tile.Thinned.Count; i++)
        {
            int p = tile.Thinned.PointIndex[i];
            if (Survey.Classification![p] == 5) continue;
            double expected = Survey.Classification[p] == 6 ? SampleSurvey.Roof : 0;
            Assert.Equal(expected, tile.Thinned.HeightNear[i], 0.6);
            Assert.Equal(expected, tile.Thinned.HeightFar[i], 0.6);
        }
    }

    [Fact]
    public void The_eaves_see_the_ground_below_them_and_the_ground_the_roof_above()
    {
        using NormalizedTile tile = Normalize(Survey);
        ThinnedPoints thinned = tile.Thinned;
        for (int i = 0; i < thinned.Count; i++)
        {
            Assert.InRange(thinned.Z[i], thinned.LowNear[i], thinned.HighNear[i]);
            Assert.InRange(thinned.LowNear[i], thinned.LowFar[i], thinned.HighNear[i]);
            Assert.InRange(thinned.HighFar[i], thinned.HighNear[i], float.PositiveInfinity);
        }

        int corner = Enumerable.Range(0, thinned.Count).MinBy(i => Math.Pow(Survey.X[thinned.PointIndex[i]] - 110, 2) + Math.Pow(Survey.Y[thinned.PointIndex[i]] - 215, 2));
        Assert.InRange(thinned.HighFar[corner] - thinned.LowFar[corner], SampleSurvey.Roof - 0.5f, SampleSurvey.Roof + 1);
    }

    [Fact]
    public void The_roof_is_flat_and_crowns_are_not()
    {
        using NormalizedTile tile = Normalize(Survey);
        float roof = Mean(6), crowns = Mean(5);

        Assert.True(roof > crowns + 0.1f, $"planarity: roof {roof}, crowns {crowns}");

        float Mean(int code) => Enumerable.Range(0, tile.Thinned.Count).Where(i => Survey.Classification![tile.Thinned.PointIndex[i]] == code).Average(i => tile.Thinned.Planarity[i]);
    }

    [Fact]
    public void Returns_and_intensity_are_relative()
    {
        using NormalizedTile tile = Normalize(Survey);
        for (int i = 0; i < tile.Thinned.Count; i++)
        {
            int p = tile.Thinned.PointIndex[i];
            Assert.Equal((float)Survey.ReturnNumber![p] / Survey.NumberOfReturns![p], tile.Thinned.ReturnRatio[i]);
            Assert.Equal(Survey.NumberOfReturns[p] == 2 ? 0.25f : 0, tile.Thinned.ReturnCount[i]);
            Assert.InRange(tile.Thinned.Intensity[i], -0.5f, 0.5f);
        }

        int[] byIntensity = [.. Enumerable.Range(0, tile.Thinned.Count).OrderBy(i => Survey.Intensity![tile.Thinned.PointIndex[i]])];
        Assert.Equal(byIntensity.Select(i => tile.Thinned.Intensity[i]).Order(), byIntensity.Select(i => tile.Thinned.Intensity[i]));
    }

    [Fact]
    public void Intensity_and_returns_that_are_not_there_have_a_value_of_their_own()
    {
        PointColumns bare = SampleSurvey.Points(1000, x: 0, y: 0);
        bare.Intensity.AsSpan().Clear();
        bare.ReturnNumber.AsSpan().Clear();
        bare.NumberOfReturns.AsSpan().Clear();

        using NormalizedTile tile = Normalize(bare);

        Assert.All(tile.Thinned.Intensity, intensity => Assert.Equal(0, intensity));
        Assert.All(tile.Thinned.ReturnRatio, ratio => Assert.Equal(1, ratio));
        Assert.All(tile.Thinned.ReturnCount, count => Assert.Equal(0, count));
    }

    [Fact]
    public void The_files_own_classes_are_never_looked_at()
    {
        PointColumns changed = SampleSurvey.Points(4000, x: 100, y: 200);
        changed.Classification.AsSpan().Fill(9);
        changed.ClassificationFlags.AsSpan().Fill(ClassificationFlags.Overlap);

        using NormalizedTile tile = Normalize(Survey), other = Normalize(changed);

        Assert.Equal(Values(tile.Thinned), Values(other.Thinned));
    }

    [Fact]
    public void A_grid_of_edge_zero_keeps_every_point()
    {
        using NormalizedTile tile = Normalize(Survey, SampleBundle.Input with { Thinning = new ThinningDescription(0, 0) });

        Assert.Equal(Enumerable.Range(0, Survey.Count), tile.Thinned.PointIndex);
        Assert.Equal(Enumerable.Range(0, Survey.Count), tile.VoxelOf);
    }

    [Theory]
    [InlineData(65535, 65535)]
    [InlineData(200, 255)]
    public void Colours_are_shares_of_what_full_colour_is_in_the_file(ushort largest, float full)
    {
        PointColumns points = new(2, SampleSurvey.Attributes | PointAttributes.Color) { Count = 2 };
        (points.X[1], points.Y[1], points.Z[1]) = (10, 20, 5);
        (points.Red![0], points.Green![1], points.Blue![1]) = (largest, 100, 50);

        using NormalizedTile tile = Normalize(points, SampleBundle.Input with { Thinning = new ThinningDescription(0, 0), Features = [new("red"), new("cloud_x"), new("height")] });

        Assert.Equal([largest / full, 0], tile.Thinned.Red!);
        Assert.Equal([0, 100 / full], tile.Thinned.Green!);
        Assert.Equal([0, 50 / full], tile.Thinned.Blue!);
        Assert.Equal([0, 1], tile.Thinned.CloudX!);
        Assert.Equal([0, 1], tile.Thinned.CloudZ!);
        Assert.Equal([0, 5], tile.Thinned.Height!);
    }

    [Fact]
    public void One_point_is_enough()
    {
        using NormalizedTile tile = Normalize(SampleSurvey.Points(1, x: 0, y: 0));

        Assert.Equal(1, tile.Thinned.Count);
        Assert.Equal(0, tile.Thinned.HeightNear[0], 1e-4f);
        Assert.All(Values(tile.Thinned), value => Assert.True(float.IsFinite(value)));
    }

    private static NormalizedTile Normalize(PointColumns points, InputDescription? input = null, int parallelism = 2) =>
        new BlockNormalizer(input ?? SampleBundle.Input, parallelism).Normalize(points, SurveySurface.Measure(points));

    private static float[] Values(ThinnedPoints p) =>
    [
        .. new[]
        {
            p.X, p.Y, p.Z, p.HeightNear, p.HeightFar, p.Intensity, p.ReturnRatio, p.ReturnCount, p.Linearity, p.Planarity, p.Scattering, p.Verticality,
            p.LowNear, p.HighNear, p.LowFar, p.HighFar, p.Spacing,
        }.SelectMany(values => values),
    ];
}
