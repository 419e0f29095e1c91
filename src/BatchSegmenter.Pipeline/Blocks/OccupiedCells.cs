using System.Numerics;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>The square cells that have a point, as bits of blocks of 8 × 8 cells: about a byte per occupied cell where points lie together.</summary>
internal sealed class OccupiedCells
{
    private Dictionary<(long Column, long Row), ulong> _blocks = [];

    /// <summary>Edge of a cell, metres: a power of two.</summary>
    public double Cell { get; private set; } = 1;

    /// <summary>Cells that have a point.</summary>
    public long Count { get; private set; }

    /// <summary>Marks the cell of a point.</summary>
    public void Add(double x, double y) => Mark((long)Math.Floor(x / Cell), (long)Math.Floor(y / Cell));

    /// <summary>Doubles the edge of cells: exactly what would be marked had all points come to the larger cells.</summary>
    public void Coarsen()
    {
        Dictionary<(long Column, long Row), ulong> fine = _blocks;
        (_blocks, Count, Cell) = ([], 0, 2 * Cell);
        foreach (((long column, long row), ulong bits) in fine)
            for (ulong rest = bits; rest != 0; rest &= rest - 1)
            {
                int bit = BitOperations.TrailingZeroCount(rest);
                Mark((column * 8 + bit % 8) >> 1, (row * 8 + bit / 8) >> 1);
            }
    }

    private void Mark(long column, long row)
    {
        ref ulong bits = ref CollectionsMarshal.GetValueRefOrAddDefault(_blocks, (column >> 3, row >> 3), out _);
        ulong bit = 1UL << (int)((row & 7) * 8 + (column & 7));
        if ((bits & bit) != 0) return;
        bits |= bit;
        Count++;
    }
}
