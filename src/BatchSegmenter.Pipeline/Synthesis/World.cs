namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>
/// The world as seen by one worker: cells are made when a beam first needs them, and forgotten when another takes their place, so that
/// memory is the same for any extent. Not safe for use by several threads.
/// </summary>
internal sealed class World(ulong seed)
{
    private const int Columns = 64, Rows = 16;
    private readonly WorldCell?[] _cells = new WorldCell?[Columns * Rows];
    private readonly (long Column, long Row, Solid[] Solids)[] _furniture = new (long, long, Solid[])[Columns * Rows];
    private readonly Furnishing _furnishing = new(new Terrain(seed));
    private WorldCell? _last;

    /// <summary>The bare world.</summary>
    public Terrain Terrain { get; } = new(seed);

    /// <summary>The cell of a place.</summary>
    public WorldCell At(double x, double y)
    {
        long column = (long)Math.Floor(x / WorldCell.Edge), row = (long)Math.Floor(y / WorldCell.Edge);
        if (_last is { } last && last.Column == column && last.Row == row) return last;
        ref WorldCell? slot = ref _cells[Slot(column, row)];
        if (slot is null || slot.Column != column || slot.Row != row) slot = new WorldCell(Terrain, column, row, Furniture);
        return _last = slot;
    }

    private Solid[] Furniture(long column, long row)
    {
        ref (long Column, long Row, Solid[] Solids) slot = ref _furniture[Slot(column, row)];
        if (slot.Solids is null || slot.Column != column || slot.Row != row) slot = (column, row, _furnishing.Furnish(column, row));
        return slot.Solids;
    }

    private static int Slot(long column, long row) => (int)(column & (Columns - 1)) + Columns * (int)(row & (Rows - 1));
}
