using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class BlockFeaturesTests
{
    private const float BlockSpacing = 0.7f;
    private static readonly BlockFrame Frame = new(1, 2, 4, 2, BlockSpacing);
    private static readonly IReadOnlyList<FeatureDescription> AllFeatures = [.. BlockFeatures.Names.Select(name => new FeatureDescription(name))];

    public static TheoryData<string, double> Expected => new()
    {
        { "height_above_ground_18m", Length(3) },
        { "height_above_ground_50m", Length(-4) },
        { "intensity_rank", 0.5 },
        { "return_ratio", 0.5 },
        { "return_count", 0.75 },
        { "linearity", 0.11 },
        { "planarity", 0.12 },
        { "scattering", 0.13 },
        { "verticality", 0.14 },
        { "above_low_near", Length(10 - 9) },
        { "below_high_near", Length(12 - 10) },
        { "above_low_far", Length(10 - 5) },
        { "below_high_far", Length(40 - 10) },
        { "spacing", Math.Log(0.4) / 2 },
        { "block_spacing", Math.Log(BlockSpacing) / 2 },
        { "x", (7 - 1) / 2.0 },
        { "y", (8 - 2) / 2.0 },
        { "z", (10 - 4) / 2.0 },
        { "cloud_x", 0.21 },
        { "cloud_y", 0.22 },
        { "cloud_z", 0.23 },
        { "height", 0.24 },
        { "red", 0.31 },
        { "green", 0.32 },
        { "blue", 0.33 },
        { "intensity", 0.41 },
    };

    [Theory]
    [MemberData(nameof(Expected))]
    public void Each_feature_is_scaled_as_the_network_learned_it(string name, double value)
    {
        float[] values = new float[1];
        BlockFeatures.Fill(Points(), [1], Frame, [new FeatureDescription(name)], values);
        Assert.Equal(value, values[0], 1e-5);
    }

    [Fact]
    public void Scale_and_offset_of_the_bundle_come_last()
    {
        float[] values = new float[1];
        BlockFeatures.Fill(Points(), [1], Frame, [new FeatureDescription("red") { Scale = 2, Offset = -0.5 }], values);
        Assert.Equal(2 * 0.31 - 0.5, values[0], 1e-6);
    }

    [Fact]
    public void Every_name_that_can_be_asked_for_is_tested_here() => Assert.Equal(BlockFeatures.Names.Order(), Expected.Select(row => (string)row[0]).Order());

    [Fact]
    public void Rows_are_points_and_columns_are_features_in_the_order_asked_for()
    {
        float[] values = new float[6];
        BlockFeatures.Fill(Points(), [1, 0, 1], Frame, [new FeatureDescription("planarity"), new FeatureDescription("linearity")], values);
        Assert.Equal([0.12f, 0.11f, 0, 0, 0.12f, 0.11f], values);
    }

    /// <summary>Vectors and what is left over at their end.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(37)]
    public void Lengths_of_any_size_are_squeezed_alike(int count)
    {
        ThinnedPoints points = new(count, []);
        for (int i = 0; i < count; i++) points.HeightNear[i] = (i % 2 == 0 ? -1 : 1) * MathF.Pow(10, i % 9 - 4);
        float[] values = new float[count];
        BlockFeatures.Fill(points, [.. Enumerable.Range(0, count)], Frame, [new FeatureDescription("height_above_ground_18m")], values);
        Assert.Equal([.. points.HeightNear.Select(metres => (float)Length(metres))], values, (a, b) => Math.Abs(a - b) <= 1e-6f && Math.Sign(a) == Math.Sign(b));
    }

    [Fact]
    public void A_name_that_is_unknown_is_refused_and_named()
    {
        ArgumentException fault = Assert.Throws<ArgumentException>(() => BlockFeatures.Fill(Points(), [0], Frame, [new FeatureDescription("colour")], new float[1]));
        Assert.Contains("'colour'", fault.Message);
        Assert.Contains("verticality", fault.Message);
    }

    private static double Length(double metres) => Math.Asinh(metres / 0.3) / 4;

    private static ThinnedPoints Points()
    {
        ThinnedPoints points = new(2, AllFeatures);
        points.Spacing[0] = 1;
        (points.X[1], points.Y[1], points.RawIntensity![1]) = (7, 8, 0.41f);
        (points.CloudX![1], points.CloudY![1], points.CloudZ![1]) = (0.21f, 0.22f, 0.23f);
        points.Height![1] = 0.24f;
        (points.Red![1], points.Green![1], points.Blue![1]) = (0.31f, 0.32f, 0.33f);
        (points.Z[1], points.HeightNear[1], points.HeightFar[1]) = (10, 3, -4);
        (points.Intensity[1], points.ReturnRatio[1], points.ReturnCount[1]) = (0.25f, 0.5f, 0.75f);
        (points.Linearity[1], points.Planarity[1], points.Scattering[1], points.Verticality[1]) = (0.11f, 0.12f, 0.13f, 0.14f);
        (points.LowNear[1], points.HighNear[1], points.LowFar[1], points.HighFar[1], points.Spacing[1]) = (9, 12, 5, 40, 0.4f);
        return points;
    }
}
