using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class SurveyFrameTests
{
    private static readonly CoordinateReferenceSystem Feet = new(2227, null, CrsKind.Projected, 0.3048, 0.5);

    [Fact]
    public void The_origin_is_a_whole_kilometre_below_the_points()
    {
        SurveyFrame frame = SurveyFrame.Around(Points((654_321, -4_000_001, 7), (654_322, -4_000_002, 8)), CoordinateReferenceSystem.Unknown);

        Assert.Equal(new SurveyFrame(654_000, -4_001_000, 1, 1), frame);
    }

    [Fact]
    public void The_origin_is_in_metres_whatever_the_files_unit() =>
        Assert.Equal(new SurveyFrame(304_000, 609_000, 0.3048, 0.5), SurveyFrame.Around(Points((1_000_000, 2_000_000, 0)), Feet));

    [Theory]
    [InlineData(1e9, 1e9)]
    [InlineData(double.NaN, 5)]
    [InlineData(5, double.NegativeInfinity)]
    public void A_stray_first_point_does_not_carry_the_frame_away(double x, double y)
    {
        PointColumns points = Points((x, y, 0), (500_100, 4_000_200, 0), (500_110, 4_000_210, 0), (500_120, 4_000_220, 0));

        SurveyFrame frame = SurveyFrame.Around(points, CoordinateReferenceSystem.Unknown);

        Assert.Equal((500_000.0, 4_000_000.0), (frame.OriginX, frame.OriginY));
    }

    [Fact]
    public void In_common_coordinates_are_the_systems_own_in_metres()
    {
        PointColumns points = Points((1_000_000, 2_000_000, 10));
        SurveyFrame own = SurveyFrame.Around(points, Feet), common = own.InCommon();

        common.ToLocal(points, 0, 1);

        Assert.Equal((304_800, 609_600, 5.0), (points.X[0], points.Y[0], points.Z[0]));
        Assert.Equal(((0.0, 0.0), (304_000.0, 609_000.0)), (own.Middle, common.Middle));
    }

    [Fact]
    public void Without_a_finite_point_the_origin_is_zero() =>
        Assert.Equal(new SurveyFrame(0, 0, 1, 1), SurveyFrame.Around(Points((double.NaN, double.NaN, 0)), CoordinateReferenceSystem.Unknown));

    [Fact]
    public void Only_the_points_asked_for_are_converted_and_heights_are_not_shifted()
    {
        PointColumns points = Points((1000, 2000, 10), (1010, 2020, 30), (1020, 2040, 50));

        new SurveyFrame(100, 200, 0.5, 2).ToLocal(points, 1, 1);

        Assert.Equal([1000.0, 405, 1020], points.X);
        Assert.Equal([2000.0, 810, 2040], points.Y);
        Assert.Equal([10.0, 60, 50], points.Z);
    }

    private static PointColumns Points(params (double X, double Y, double Z)[] positions)
    {
        PointColumns points = new(positions.Length, PointAttributes.None) { Count = positions.Length };
        for (int i = 0; i < positions.Length; i++) (points.X[i], points.Y[i], points.Z[i]) = positions[i];
        return points;
    }
}
