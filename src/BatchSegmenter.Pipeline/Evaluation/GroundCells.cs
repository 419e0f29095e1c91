using System.Runtime.InteropServices;

namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>
/// A survey in square cells of 5 m: points per cell, and the lowest true ground in it. Only cells with points are held, so that
/// a stray point far away costs one cell and not a grid.
/// </summary>
internal sealed class GroundCells
{
    /// <summary>Edge of a cell, metres.</summary>
    public const double Edge = 5;

    /// <summary>Rings of cells searched for ground around a cell that has none: 50 m.</summary>
    private const int Rings = 10;

    private readonly Dictionary<(int, int), int> _cells = [];
    private readonly List<int> _points = [];
    private readonly List<float> _ground = [];
    private readonly List<(int Column, int Row)> _positions = [];
    private float[]? _nearest;

    /// <summary>Adds a point, metres; <paramref name="ground"/> tells whether its truth is ground. Returns its cell.</summary>
    public int Add(double x, double y, double z, bool ground)
    {
        (int, int) position = ((int)Math.Clamp(Math.Floor(x / Edge), int.MinValue, int.MaxValue), (int)Math.Clamp(Math.Floor(y / Edge), int.MinValue, int.MaxValue));
        ref int cell = ref CollectionsMarshal.GetValueRefOrAddDefault(_cells, position, out bool known);
        if (!known)
        {
            cell = _points.Count;
            _points.Add(0);
            _ground.Add(float.PositiveInfinity);
            _positions.Add(position);
        }

        CollectionsMarshal.AsSpan(_points)[cell]++;
        if (ground && z < _ground[cell]) _ground[cell] = (float)z;
        return cell;
    }

    /// <summary>Points per square metre of a cell.</summary>
    public double Density(int cell) => _points[cell] / (Edge * Edge);

    /// <summary>Lowest true ground in a cell, else in the nearest ring of cells that has some; NaN where 50 m hold none.</summary>
    public float Ground(int cell)
    {
        _nearest ??= CollectionsMarshal.AsSpan(_ground).ToArray();
        ref float ground = ref _nearest[cell];
        if (float.IsPositiveInfinity(ground)) ground = Search(_positions[cell].Column, _positions[cell].Row);
        return ground;
    }

    private float Search(int column, int row)
    {
        for (int ring = 1; ring <= Rings; ring++)
        {
            float lowest = float.PositiveInfinity;
            for (int dy = -ring; dy <= ring; dy++)
                for (int dx = -ring; dx <= ring; dx += Math.Abs(dy) == ring ? 1 : 2 * ring)
                    if (_cells.TryGetValue((column + dx, row + dy), out int cell)) lowest = Math.Min(lowest, _ground[cell]);
            if (!float.IsPositiveInfinity(lowest)) return lowest;
        }

        return float.NaN;
    }
}
