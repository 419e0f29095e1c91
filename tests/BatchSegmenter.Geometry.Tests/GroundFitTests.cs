using System.Collections;

namespace BatchSegmenter.Geometry.Tests;

public class GroundFitTests
{
    [Theory]
    [InlineData(1)] // a row at a time
    [InlineData(1000)]
    [InlineData(5000)]
    public void Bands_give_the_heights_of_one_index_over_all(int cellsPerBand)
    {
        (MinimumGrid grid, BitArray ground) = Sample();

        float[] whole = GroundFit.Nodes(grid, ground), banded = GroundFit.Nodes(grid, ground, cellsPerBand);

        Assert.DoesNotContain(whole, float.IsNaN);
        Assert.Equal(whole, banded);
    }

    [Fact]
    public void Points_fewer_than_a_plane_is_fitted_to_do_as_well()
    {
        MinimumGrid grid = new(0, 0, 30, 200, 1);
        grid.Add([3.5, 20.5, 29.5], [1.5, 100.5, 199.5], [1, 2, 3]);
        BitArray ground = new(grid.Columns * grid.Rows);
        for (int i = 0; i < ground.Length; i++) ground[i] = !float.IsNaN(grid.LowestZ[i]);

        Assert.Equal(GroundFit.Nodes(grid, ground), GroundFit.Nodes(grid, ground, cellsPerBand: 1));
    }

    /// <summary>Ground with a lake that is wider than the rows that a band knows at first, and ties from points at cell centres.</summary>
    private static (MinimumGrid Grid, BitArray Ground) Sample()
    {
        Random random = new(7);
        MinimumGrid grid = new(0, 0, 90, 300, 1);
        for (int y = 0; y < 300; y++)
            for (int x = 0; x < 90; x++)
            {
                if (Math.Abs(y - 150) < 70 && x > 5) continue;
                bool isCentred = random.Next(2) == 0;
                grid.Add([x + (isCentred ? 0.5 : random.NextDouble())], [y + (isCentred ? 0.5 : random.NextDouble())], [0.1 * x + random.NextDouble()]);
            }

        BitArray ground = new(grid.Columns * grid.Rows);
        for (int i = 0; i < ground.Length; i++) ground[i] = !float.IsNaN(grid.LowestZ[i]) && random.Next(3) > 0;
        return (grid, ground);
    }
}
