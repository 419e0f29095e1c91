using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class TileGridTests
{
    private static readonly InputDescription Input = SampleBundle.Input;

    [Theory]
    [InlineData(100, 20)]
    [InlineData(100, 0)]
    [InlineData(60, 150)]
    public void Every_point_is_in_one_core_and_in_the_halo_of_all_tiles_near(double edge, double halo)
    {
        (double[] x, double[] y) = Points(3000, 500);
        List<(int[] Core, int[] Halo)> tiles = TileGrid.For(1, Input, edge, halo).Cut(x, y);

        Assert.Equal(Enumerable.Range(0, 3000), tiles.SelectMany(tile => tile.Core).Order());
        Assert.True(tiles.Count > 20);
        foreach ((int[] core, int[] around) in tiles)
        {
            double left = edge * Math.Floor(x[core[0]] / edge), bottom = edge * Math.Floor(y[core[0]] / edge);
            Assert.Equal(Within(0), core);
            Assert.Equal(Within(halo).Except(core), around);

            int[] Within(double reach) =>
                [.. Enumerable.Range(0, 3000).Where(i => x[i] >= left - reach && x[i] < left + edge + reach && y[i] >= bottom - reach && y[i] < bottom + edge + reach)];
        }
    }

    [Fact]
    public void Tiles_come_row_by_row()
    {
        (double[] x, double[] y) = Points(3000, 500);
        (double, double)[] corners = [.. TileGrid.For(1, Input, 100, 10).Cut(x, y).Select(tile => (Math.Floor(y[tile.Core[0]] / 100), Math.Floor(x[tile.Core[0]] / 100)))];

        Assert.Equal(corners.Order(), corners);
    }

    [Fact]
    public void What_fits_into_two_edges_is_one_tile()
    {
        (double[] x, double[] y) = Points(500, 200);

        (int[] core, int[] halo) = Assert.Single(TileGrid.For(1, Input, 100, 20).Cut(x, y));

        Assert.Equal(Enumerable.Range(0, 500), core);
        Assert.Empty(halo);
        Assert.True(TileGrid.For(1, Input, 99, 20).Cut(x, y).Count > 4);
    }

    [Fact]
    public void Points_of_neighbours_are_in_halos_alone()
    {
        (double[] x, double[] y) = Points(3000, 500);

        List<(int[] Core, int[] Halo)> tiles = TileGrid.AcrossFiles(1, Input, 100, 20).Cut(x, y, 1000);

        Assert.Equal(Enumerable.Range(0, 1000), tiles.SelectMany(tile => tile.Core).Order());
        foreach ((int[] core, int[] halo) in tiles)
        {
            double left = 100 * Math.Floor(x[core[0]] / 100), bottom = 100 * Math.Floor(y[core[0]] / 100);
            Assert.Equal(
                Enumerable.Range(0, 3000).Where(i => x[i] >= left - 20 && x[i] < left + 120 && y[i] >= bottom - 20 && y[i] < bottom + 120),
                core.Concat(halo).Order());
        }
    }

    [Theory]
    [InlineData(0.3, 250)]
    [InlineData(0.35, 500)]
    [InlineData(0.4, 500)]
    [InlineData(0.02, 50)]
    [InlineData(9, 4000)]
    public void By_itself_files_agree_on_an_edge(double spacing, double edge) => Assert.Equal(edge, TileGrid.AcrossFiles(spacing, Input, null, null).Edge);

    [Fact]
    public void Across_files_nothing_is_one_tile_of_its_own_shape()
    {
        (double[] x, double[] y) = Points(500, 200);

        Assert.True(TileGrid.AcrossFiles(1, Input, 150, 20).Cut(x, y).Count > 1);
        Assert.Single(TileGrid.For(1, Input, 150, 20).Cut(x, y));
    }

    [Fact]
    public void No_points_are_no_tile() => Assert.Empty(TileGrid.For(1, Input).Cut([], []));

    [Fact]
    public void By_itself_a_halo_holds_half_a_block_and_a_tile_many_points()
    {
        foreach (double spacing in (double[])[0.1, 0.5, 1, 3])
        {
            TileGrid grid = TileGrid.For(spacing, Input);
            double block = Math.Sqrt(Input.Block.Points) * Math.Max(spacing, Input.Thinning.Edge);

            Assert.InRange(grid.Halo, block / 2, 2 * block);
            Assert.InRange(grid.Edge * grid.Edge / (spacing * spacing), 1e6, 4e6);
        }

        Assert.InRange(TileGrid.For(0.001, Input).Edge, 40, 100);
        Assert.Equal((7.0, 0.0), (TileGrid.For(1, Input, 7, 0).Edge, TileGrid.For(1, Input, 7, 0).Halo));
    }

    private static (double[] X, double[] Y) Points(int count, double edge)
    {
        Random random = new(count);
        double[] x = [.. Enumerable.Range(0, count).Select(_ => edge * (random.NextDouble() - 0.3))], y = [.. x.Select(_ => edge * random.NextDouble())];
        (x[0], x[1]) = (-0.3 * edge, 0.7 * edge - 1e-9); // the extent is known
        return (x, y);
    }
}
