using BatchSegmenter.Pipeline.Synthesis;

namespace BatchSegmenter.Pipeline.Tests.Synthesis;

public sealed class SolidTests
{
    /// <summary>A house 10 m long, 8 m wide, eaves at 4 m, ridge at 6 m, along x.</summary>
    private static readonly Solid s_house = new() { Shape = Shape.Gable, Cos = 1, HalfU = 5, HalfV = 4, Bottom = -1, Eaves = 4, Top = 6 };

    [Theory]
    [InlineData(0, 0, 6)]
    [InlineData(3, 2, 5)]
    [InlineData(4.9, -3, 4.5)]
    public void From_straight_above_a_gable_is_met_on_its_roof_plane(double x, double y, double expected)
    {
        Assert.True(s_house.Meets(x, 0, y, out double z, out _));
        Assert.Equal(expected, z, 9);
    }

    [Fact]
    public void A_hip_falls_towards_its_ends()
    {
        Solid hip = s_house with { Shape = Shape.Hip };
        Assert.True(hip.Meets(0, 0, 0, out double ridge, out _));
        Assert.True(hip.Meets(4, 0, 0, out double end, out _));
        Assert.Equal(6, ridge, 9);
        Assert.Equal(4.5, end, 9);
    }

    [Fact]
    public void An_oblique_beam_meets_the_facade()
    {
        // At height 2 the beam is at x = 5, the east wall; higher up it is outside.
        Assert.True(s_house.Meets(5 - 0.3 * 2, 0.3, 0, out double z, out double margin));
        Assert.Equal(2, z, 9);
        Assert.Equal(0, margin, 9);
    }

    [Fact]
    public void A_beam_beside_the_house_passes() => Assert.False(s_house.Meets(5.1, 0, 0, out _, out _));

    [Fact]
    public void A_turned_house_is_met_where_it_stands()
    {
        Solid turned = s_house with { Cos = 0, Sin = 1 };
        Assert.True(turned.Meets(0, 0, 4.9, out _, out _));
        Assert.False(turned.Meets(4.9, 0, 0, out _, out _));
    }

    [Fact]
    public void A_wire_sags_between_its_poles()
    {
        Solid wire = new() { Shape = Shape.Wire, HalfU = 20, HalfV = 0.1, Bottom = 10, Eaves = 12, Top = 1 };
        Assert.True(wire.Meets(0.05, 0, 20, out double z, out _));
        Assert.Equal(10, z, 9);
        Assert.False(wire.Meets(0.2, 0, 20, out _, out _));
        Assert.False(wire.Meets(0, 0, 41, out _, out _));
    }

    [Fact]
    public void Crowns_are_round_and_conifers_pointed()
    {
        Solid crown = new() { Shape = Shape.Crown, Cos = 1, HalfU = 3, Bottom = 4, Top = 10 };
        Solid cone = crown with { Shape = Shape.Cone };
        Assert.True(crown.Contains(2.9, 0, 7));
        Assert.False(crown.Contains(2.9, 0, 9));
        Assert.True(cone.Contains(2.9, 0, 4.1));
        Assert.False(cone.Contains(1, 0, 9));
        Assert.False(cone.Contains(0, 0, 3.9));
    }
}
