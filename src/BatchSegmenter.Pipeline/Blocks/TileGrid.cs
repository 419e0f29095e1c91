using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// The squares in which a survey is processed. They lie on a grid through the origin of the survey's frame, so that their borders depend
/// neither on memory nor on cores. A survey that fits into two edges each way is one tile of its own shape, unless it has more points
/// than two tiles shall have.
/// </summary>
public sealed class TileGrid
{
    private const double PointsPerTile = 2_500_000;
    private const double LeastEdge = 50;
    private const double GreatestEdge = 4000;
    private const double HaloSpacings = 48;

    /// <summary>Surveys are delivered in files of whole hundreds of metres: borders of tiles that divide them fall on borders of files.</summary>
    private static readonly double[] s_commonEdges = [50, 100, 125, 250, 500, 1000, 2000, 4000];

    private readonly double _edge;
    private readonly double _halo;

    private readonly double _mostInOne;

    private TileGrid(double edge, double halo, double mostInOne) => (_edge, _halo, _mostInOne) = (edge, halo, mostInOne);

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
            halo ?? HaloSpacings / 64 * Math.Sqrt(input.Block.Points) * thinnedSpacing,
            edge is null ? 2 * PointsPerTile : double.PositiveInfinity);
    }

    /// <summary>
    /// The grid for files that give each other halos, in <see cref="SurveyFrame.InCommon"/>: by itself an edge is one of a few, so that files agree on it, and
    /// no file is one tile of its own shape.
    /// </summary>
    /// <inheritdoc cref="For"/>
    internal static TileGrid AcrossFiles(double spacing, InputDescription input, double? edge, double? halo)
    {
        TileGrid own = For(spacing, input, edge, halo);
        return new TileGrid(edge ?? s_commonEdges.Last(common => common <= own._edge), own._halo, mostInOne: -1);
    }

    /// <summary>
    /// The tiles that have points, in an order along rows. Each lists its core points, then its halo's, both ascending; every point is in one core.
    /// </summary>
    /// <param name="x">Metres in the survey's frame.</param>
    /// <param name="y">Metres in the survey's frame.</param>
    public List<(int[] Core, int[] Halo)> Cut(ReadOnlySpan<double> x, ReadOnlySpan<double> y) => Cut(x, y, x.Length);

    /// <summary>The tiles of the first <paramref name="own"/> points; the others, of neighbouring files, are in halos alone.</summary>
    /// <inheritdoc cref="Cut(ReadOnlySpan{double}, ReadOnlySpan{double})"/>
    internal List<(int[] Core, int[] Halo)> Cut(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int own)
    {
        if (own == 0) return [];
        if (IsOne(Extent(x), Extent(y), x.Length)) return [(Enumerable.Range(0, x.Length).ToArray(), [])];

        SortedDictionary<(long Row, long Column), (List<int> Core, List<int> Halo)> tiles = [];
        for (int i = 0; i < x.Length; i++)
        {
            TileReach reach = Reach(x[i], y[i]);
            if (i < own) Tile(reach.Row, reach.Column).Core.Add(i);
            for (long r = reach.FirstRow; r <= reach.LastRow; r++)
                for (long c = reach.FirstColumn; c <= reach.LastColumn; c++)
                    if (i >= own || r != reach.Row || c != reach.Column) Tile(r, c).Halo.Add(i);
        }

        return [.. tiles.Values.Where(tile => tile.Core.Count > 0).Select(tile => (tile.Core.ToArray(), tile.Halo.ToArray()))];

        (List<int> Core, List<int> Halo) Tile(long row, long column)
        {
            if (!tiles.TryGetValue((row, column), out (List<int>, List<int>) tile)) tiles.Add((row, column), tile = ([], []));
            return tile;
        }
    }

    /// <summary>Whether a survey is one tile of its own shape.</summary>
    /// <param name="width">Its extent along x, metres.</param>
    /// <param name="depth">Its extent along y, metres.</param>
    /// <param name="points">Its visible points.</param>
    internal bool IsOne(double width, double depth, long points) => width <= 2 * _edge && depth <= 2 * _edge && points <= _mostInOne;

    /// <summary>The tile whose core a point is in, and those whose core or halo it is in.</summary>
    internal TileReach Reach(double x, double y) => new(Cell(y), Cell(x), Cell(y - _halo), Cell(y + _halo), Cell(x - _halo), Cell(x + _halo));

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

/// <summary>The tiles that a point belongs to: to the core of one, to the halos of the others within the ranges (inclusive).</summary>
internal readonly record struct TileReach(long Row, long Column, long FirstRow, long LastRow, long FirstColumn, long LastColumn);
