using System.Runtime.InteropServices;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>The visible points of an input in a scratch file, sorted into tiles: each point in its core and in the halos that it is near to.</summary>
/// <param name="file">Takes the points; closed with this.</param>
/// <param name="grid">The tiles.</param>
/// <param name="isOne">Whether the survey is one tile; see <see cref="TileGrid.IsOne"/>.</param>
internal sealed class SpilledTiles(ScratchFile file, TileGrid grid, bool isOne) : IDisposable
{
    private readonly ScratchBuckets<(long Row, long Column, bool IsHalo)> _buckets = new(file, SpilledPoint.Size);

    /// <summary>Adds points, in file order.</summary>
    /// <param name="points">In the survey's frame.</param>
    /// <param name="visible">Those of them that the network sees.</param>
    /// <param name="first">Index within the file of the first of <paramref name="points"/>.</param>
    public void Add(PointColumns points, ReadOnlySpan<int> visible, int first)
    {
        foreach (int i in visible)
        {
            SpilledPoint point = SpilledPoint.Of(points, i, first + i);
            if (isOne)
            {
                MemoryMarshal.Write(_buckets.Add((0, 0, false)), point);
                continue;
            }

            TileReach reach = grid.Reach(point.X, point.Y);
            for (long row = reach.FirstRow; row <= reach.LastRow; row++)
                for (long column = reach.FirstColumn; column <= reach.LastColumn; column++)
                    MemoryMarshal.Write(_buckets.Add((row, column, row != reach.Row || column != reach.Column)), point);
        }
    }

    /// <summary>Adds points of neighbouring inputs to the halos of tiles that have core points; so those come first.</summary>
    /// <param name="points">Points that the network sees, in the survey's frame.</param>
    public void AddContext(PointColumns points)
    {
        for (int i = 0; i < points.Count; i++)
        {
            SpilledPoint point = SpilledPoint.Of(points, i, -1);
            TileReach reach = grid.Reach(point.X, point.Y);
            for (long row = reach.FirstRow; row <= reach.LastRow; row++)
                for (long column = reach.FirstColumn; column <= reach.LastColumn; column++)
                    if (_buckets.Count((row, column, false)) > 0) MemoryMarshal.Write(_buckets.Add((row, column, true)), point);
        }
    }

    /// <summary>The tiles with core points, row by row, each with its number of points, the halo's included.</summary>
    public List<((long Row, long Column) Tile, int Points)> Tiles()
    {
        _buckets.Flush();
        return [.. _buckets.Keys.Where(key => !key.IsHalo).Select(key => (key.Row, key.Column)).Order()
            .Select(tile => (tile, _buckets.Count((tile.Row, tile.Column, false)) + _buckets.Count((tile.Row, tile.Column, true))))];
    }

    /// <summary>Reads a tile: core points in file order, then its halo's, and the index of each core point within the file.</summary>
    public (PointColumns Points, int[] PointIndex) Read((long Row, long Column) tile, PointAttributes attributes)
    {
        int core = _buckets.Count((tile.Row, tile.Column, false));
        PointColumns points = new(core + _buckets.Count((tile.Row, tile.Column, true)), attributes);
        int[] index = new int[core];
        _buckets.Visit((tile.Row, tile.Column, false), records =>
        {
            ReadOnlySpan<SpilledPoint> some = MemoryMarshal.Cast<byte, SpilledPoint>(records);
            for (int i = 0; i < some.Length; i++) index[points.Count + i] = some[i].Index;
            SpilledPoint.Append(some, points);
        });
        _buckets.Visit((tile.Row, tile.Column, true), records => SpilledPoint.Append(MemoryMarshal.Cast<byte, SpilledPoint>(records), points));
        return (points, index);
    }

    /// <summary>Removes the file.</summary>
    public void Dispose() => _buckets.Dispose();
}
