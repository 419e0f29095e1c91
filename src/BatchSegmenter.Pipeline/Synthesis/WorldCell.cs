namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>A square of the world, made ready for beams: ground heights on a grid, and all objects that reach into it.</summary>
internal sealed class WorldCell
{
    /// <summary>Edge of a cell, metres.</summary>
    public const double Edge = 32;

    private const double Step = 2;
    private const int Nodes = (int)(Edge / Step) + 1;

    private readonly float[] _heights = new float[Nodes * Nodes];
    private readonly double _x, _y;
    private readonly bool _hasRiver;
    private readonly double _waterSouth, _waterNorth;

    /// <summary>Makes a cell; <paramref name="near"/> gives the objects placed in a square.</summary>
    public WorldCell(Terrain terrain, long column, long row, Func<long, long, Solid[]> near)
    {
        Column = column;
        Row = row;
        _x = column * Edge;
        _y = row * Edge;
        for (int j = 0; j < Nodes; j++)
            for (int i = 0; i < Nodes; i++)
                _heights[j * Nodes + i] = (float)terrain.Height(_x + i * Step, _y + j * Step);
        double middle = Edge / 2;
        _hasRiver = terrain.RiverDistance(_x + middle, _y + middle) < 2 * Edge;
        _waterSouth = terrain.WaterLevel(_x + middle, _y);
        _waterNorth = terrain.WaterLevel(_x + middle, _y + Edge);
        Use = terrain.Use(_x + middle, _y + middle);
        // Wires reach north over a square and a half; all else stays within the squares around.
        List<Solid> solids = [];
        for (long j = row - 2; j <= row + 1; j++)
            for (long i = column - 1; i <= column + 1; i++)
                foreach (Solid solid in near(i, j))
                    if (Touches(solid)) solids.Add(solid);
        Solids = [.. solids];
    }

    /// <summary>Which cell this is, along x.</summary>
    public long Column { get; }

    /// <summary>Which cell this is, along y.</summary>
    public long Row { get; }

    /// <summary>What covers the cell.</summary>
    public LandUse Use { get; }

    /// <summary>The objects that reach into the cell.</summary>
    public Solid[] Solids { get; }

    /// <summary>Height of the bare ground, within the cell.</summary>
    public double Ground(double x, double y)
    {
        double u = Math.Clamp((x - _x) / Step, 0, Nodes - 1.001), v = Math.Clamp((y - _y) / Step, 0, Nodes - 1.001);
        int i = (int)u, j = (int)v;
        u -= i;
        v -= j;
        int node = j * Nodes + i;
        double south = _heights[node] + (_heights[node + 1] - _heights[node]) * u;
        double north = _heights[node + Nodes] + (_heights[node + Nodes + 1] - _heights[node + Nodes]) * u;
        return south + (north - south) * v;
    }

    /// <summary>Height of the water's surface; far below everything where there is none.</summary>
    public double Water(double y) => _hasRiver ? _waterSouth + (_waterNorth - _waterSouth) * ((y - _y) / Edge) : double.NegativeInfinity;

    private bool Touches(in Solid solid)
    {
        double reachX = solid.Shape == Shape.Wire ? solid.HalfV : solid.Reach;
        double south = solid.Shape == Shape.Wire ? solid.Y : solid.Y - solid.Reach;
        double north = solid.Shape == Shape.Wire ? solid.Y + 2 * solid.HalfU : solid.Y + solid.Reach;
        return solid.X + reachX >= _x && solid.X - reachX < _x + Edge && north >= _y && south < _y + Edge;
    }
}
