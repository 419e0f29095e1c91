using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>The scratch files of one input while it is partitioned: its points in file order, then the same sorted into tiles, and its ground. Its labels outlive it.</summary>
internal sealed class SpilledInput : IDisposable
{
    private const double HaloAllowance = 1.5; // halos of tiles of the size that is chosen by itself, and the ground, add less than half

    private readonly ScratchFolder _scratch;
    private readonly int _classes;
    private readonly bool _keepProbabilities;
    private SpilledTiles? _tiles;
    private SpilledSurface? _surface;

    private SpilledInput(ScratchFolder scratch, PointAttributes attributes, int classes, bool keepProbabilities)
    {
        (_scratch, _classes, _keepProbabilities, Attributes) = (scratch, classes, keepProbabilities, attributes);
        Points = new SpilledCloud(scratch.Create("points"), attributes);
    }

    /// <summary>The points in file order; until they are sorted into tiles.</summary>
    public SpilledCloud Points { get; }

    /// <summary>The attributes of the points.</summary>
    public PointAttributes Attributes { get; }

    /// <summary>Checks that the disk has room, and begins.</summary>
    /// <exception cref="InputRefusedException">The disk has no room for it.</exception>
    public static SpilledInput Begin(ScratchFolder scratch, long points, PointAttributes attributes, int classes, bool keepProbabilities)
    {
        scratch.Require(BytesNeeded(points, classes, keepProbabilities), points);
        return new SpilledInput(scratch, attributes, classes, keepProbabilities);
    }

    /// <summary>Bytes of scratch that an input takes at its most: points, points in tiles with their halos, labels.</summary>
    public static long BytesNeeded(long points, int classes, bool keepProbabilities) =>
        (long)(points * ((1 + HaloAllowance) * SpilledPoint.Size + SpilledLabels.RecordBytes(classes, keepProbabilities)));

    /// <summary>Appends decoded points.</summary>
    public void Append(PointColumns points) => Points.Append(points);

    /// <summary>An empty store for the labels, of its own.</summary>
    public CloudLabels Labels() => new SpilledLabels(_scratch.Create("labels"), Points.Count, _classes, _keepProbabilities);

    /// <summary>Keeps the ground of the survey; what is given back has none.</summary>
    public SurveySurface Keep(SurveySurface surface)
    {
        _surface = new SpilledSurface(_scratch.Create("ground"), surface);
        return _surface.Outline;
    }

    /// <summary>Reads a tile of those added to <see cref="Tiles"/>, and the survey with the ground around it.</summary>
    public (PointColumns Points, int[] PointIndex, SurveySurface Surface) Read((long Row, long Column) tile)
    {
        (PointColumns points, int[] index) = _tiles!.Read(tile, Attributes);
        return (points, index, _surface!.Around(points));
    }

    /// <summary>An empty store for the tiles.</summary>
    public SpilledTiles Tiles(TileGrid grid, SurveySurface surface)
    {
        bool isOne = grid.IsOne(
            surface.Bounds.Greatest.X - surface.Bounds.Least.X, surface.Bounds.Greatest.Y - surface.Bounds.Least.Y, surface.Points);
        return _tiles = new SpilledTiles(_scratch.Create("tiles"), grid, isOne);
    }

    /// <summary>Removes the files of points and tiles.</summary>
    public void Dispose()
    {
        Points.Dispose();
        _tiles?.Dispose();
        _surface?.Dispose();
    }
}
