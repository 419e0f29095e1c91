using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// The squares in which a survey is processed. They lie on a grid through the origin of the survey's frame, so that their borders depend
/// neither on memory nor on cores. A survey that fits into two edges each way is one tile of its own shape.
/// </summary>
public sealed class TileGrid
{
    private const double PointsPerTile = 2_500_000;
    private const double LeastEdge = 50;
    private const double GreatestEdge = 4000;
    private const double HaloSpacings = 48;

    private readonly double _edge;
    private readonly double _halo;

    private TileGrid(double edge, double halo) => (_edge, _halo) = (edge, halo);

    /// <summary>Edge of a tile's core, metres.</summary>
    public double Edge => _edge;

    /// <summary>Width of the context around a core, metres.</summary>
    public double Halo => _halo;

    /// <summary>The grid for a survey.</summary>
    /// <param name="spacing">Point spacing, metres.</param>
    /// <param name="input">Block sizes: a halo holds at least half a block's width.</param>
    /// <param name="edge">Edge in metres, or null: as many points per tile as two and a half million.</param>
    /// <param name="halo">Halo in metres, or null.</param>
    public static TileGrid For(double spacing, InputDescription input, double? edge = null, double? halo = null)
    {
        double thinnedSpacing = Math.Max(spacing, input.Thinning.Edge);
        return new TileGrid(
            edge ?? Math.Clamp(spacing * Math.Sqrt(PointsPerTile), LeastEdge, GreatestEdge),
            halo ?? HaloSpacings / 64 * Math.Sqrt(input.Block.Points) * thinnedSpacing);
    }

    /// <summary>
    /// The tiles that have points, in an order along rows. Each lists its core points, then its halo's, both ascending; every point is in one core.
    /// </summary>
    /// <param name="x">Metres in the survey's frame.</param>
    /// <param name="y">Metres in the survey's frame.</param>
    public List<(int[] Core, int[] Halo)> Cut(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.IsEmpty) return [];
        if (Extent(x) <= 2 * _edge && Extent(y) <= 2 * _edge) return [(Enumerable.Range(0, x.Length).ToArray(), [])];

        SortedDictionary<(long Row, long Column), (List<int> Core, List<int> Halo)> tiles = [];
        for (int i = 0; i < x.Length; i++)
        {
            (long row, long column) = (Cell(y[i]), Cell(x[i]));
            Tile(row, column).Core.Add(i);
            for (long r = Cell(y[i] - _halo); r <= Cell(y[i] + _halo); r++)
                for (long c = Cell(x[i] - _halo); c <= Cell(x[i] + _halo); c++)
                    if (r != row || c != column) Tile(r, c).Halo.Add(i);
        }

        return [.. tiles.Values.Where(tile => tile.Core.Count > 0).Select(tile => (tile.Core.ToArray(), tile.Halo.ToArray()))];

        (List<int> Core, List<int> Halo) Tile(long row, long column)
        {
            if (!tiles.TryGetValue((row, column), out (List<int>, List<int>) tile)) tiles.Add((row, column), tile = ([], []));
            return tile;
        }
    }

    private long Cell(double coordinate) => (long)Math.Floor(coordinate / _edge);

    private static double Extent(ReadOnlySpan<double> values)
    {
        double min = double.PositiveInfinity, max = double.NegativeInfinity;
        foreach (double value in values)
        {
            min = Math.Min(min, value);
            max = Math.Max(max, value);
        }

        return max - min;
    }
}
