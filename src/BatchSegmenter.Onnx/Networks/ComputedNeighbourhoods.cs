using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>The index and weight tensors of a network, computed by the graph itself, under the names that they have as inputs of <see cref="PointNet2Graph"/>.</summary>
internal sealed class ComputedNeighbourhoods
{
    private readonly PointNet2Description _description;
    private readonly NeighbourhoodNodes _nodes;
    private readonly Dictionary<string, Value> _tensors = [];

    /// <param name="builder">The tape.</param>
    /// <param name="description">Levels, radii, neighbour counts.</param>
    /// <param name="points">[batch, channels, points], the first three channels being positions.</param>
    public ComputedNeighbourhoods(GraphBuilder builder, PointNet2Description description, Value points)
    {
        (_description, _nodes) = (description, new NeighbourhoodNodes(builder));
        LevelNodes fine = _nodes.Points(points);
        if (description.Global is { } kinds) Global(kinds, fine);
        for (int level = 1; level <= description.Levels.Count; level++)
        {
            if (description.Levels[level - 1].All) All(level, fine);
            else fine = Sample(level, fine);
        }
    }

    /// <summary>A tensor by its name, such as <c>neighbors_1_0</c>.</summary>
    public Value this[string name] => _tensors[name];

    private LevelNodes Sample(int level, LevelNodes fine)
    {
        SetAbstractionDescription it = _description.Levels[level - 1];
        string name = $"neighbourhoods.{level}";
        (_tensors[$"samples_{level}"], LevelNodes coarse) = _nodes.Sample(name, fine, _nodes.SampleCount(name, it, fine.Count));
        Value distances = _nodes.Distances($"{name}.distances", coarse, fine);
        for (int scale = 0; scale < it.Scales.Count; scale++)
            _tensors[$"neighbors_{level}_{scale}"] = Neighbors($"{name}.{scale}", distances, fine, it.Scales[scale].Radius, it.Scales[scale].Neighbors);
        Blocks(level, coarse);
        if (_description.Task == NetworkTask.Segmentation)
            (_tensors[$"nearest_{level}"], _tensors[$"weights_{level}"]) = _nodes.ThreeNearest($"{name}.nearest", distances, coarse, _description.Interpolation);
        return coarse;
    }

    /// <summary>The neighbours among a level's own samples; blocks that ask for the same ones share them.</summary>
    private void Blocks(int level, LevelNodes coarse)
    {
        if (_description.Levels[level - 1].Blocks is not { Count: > 0 } blocks) return;
        string name = $"neighbourhoods.{level}.blocks";
        Value distances = _nodes.Distances($"{name}.distances", coarse, coarse);
        Dictionary<(float Radius, int Neighbors), Value> known = [];
        for (int block = 0; block < blocks.Count; block++)
        {
            (float Radius, int Neighbors) wanted = (blocks[block].Radius, blocks[block].Neighbors);
            if (!known.TryGetValue(wanted, out Value neighbors)) known[wanted] = neighbors = Neighbors($"{name}.{block}", distances, coarse, wanted.Radius, wanted.Neighbors);
            _tensors[$"neighbors_{level}_block_{block}"] = neighbors;
        }
    }

    private void Global(IReadOnlyList<GlobalFeature> kinds, LevelNodes points)
    {
        _tensors["all_0"] = _nodes.All("neighbourhoods.global", points);
        if (kinds.Contains(GlobalFeature.Mean)) _tensors["all_weights_0"] = _nodes.Shares("neighbourhoods.global.shares", points);
        _tensors["block_0"] = _nodes.BlockOfEach("neighbourhoods.global.block", points);
    }

    private void All(int level, LevelNodes fine)
    {
        _tensors[$"neighbors_{level}_0"] = _nodes.All($"neighbourhoods.{level}", fine);
        if (_description.Task == NetworkTask.Segmentation)
            (_tensors[$"nearest_{level}"], _tensors[$"weights_{level}"]) = _nodes.OnlyOne($"neighbourhoods.{level}.nearest", fine);
    }

    private Value Neighbors(string name, Value distances, LevelNodes points, float radius, int neighbors) =>
        _nodes.BallQuery(name, distances, points, radius, neighbors, _description.RadiusExclusive);
}
