using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>Writes the whole network down, wherever its neighbourhoods come from.</summary>
/// <param name="weights">Description and parameters.</param>
/// <param name="form">The way each part is written.</param>
/// <param name="neighbourhoods">
/// The index and weight tensors by the names that they have as inputs of <see cref="PointNet2Graph"/>. Indices may be int32 or int64; each is
/// asked for once, level after level, then propagation from the coarsest on, then what the head needs of whole blocks.
/// </param>
internal sealed class PointNet2Layers(PointNet2Weights weights, PointNet2Form form, Func<string, Value> neighbourhoods)
{
    private readonly PointNet2Description _description = weights.Description;
    private readonly GraphBuilder _builder = form.Builder;

    /// <summary>From points to raw scores, whose node has the given name.</summary>
    /// <param name="positions">[S_0, 3].</param>
    /// <param name="features">[S_0, F], or null for none.</param>
    /// <param name="category">[S_0, categories], or null for none.</param>
    /// <param name="scores">Name of the last node.</param>
    public Value Score(Value positions, Value? features, Value? category, string scores)
    {
        if (features is Value raw) features = form.Transform(raw, weights.Of(LayerShape.OfStem(_description)));
        List<Value?> levels = [features];
        Value? fine = positions;
        for (int level = 0; level < _description.Levels.Count; level++)
        {
            (Value abstracted, fine) = Abstract(level, fine!.Value, levels[level]);
            levels.Add(abstracted);
        }

        if (category is Value told)
        {
            Value[] parts = levels[0] is Value own ? [told, positions, own] : [told, positions];
            levels[0] = _builder.Node("Concat", "category.joined", parts, new OnnxAttribute("axis", -1L));
        }

        Value current = levels[^1]!.Value;
        for (int step = 0; step < _description.Propagation.Count; step++) current = Propagate(step, current, levels[^(step + 2)]);
        if (_description.Global is { } kinds)
        {
            Value? shares = kinds.Contains(GlobalFeature.Mean) ? neighbourhoods("all_weights_0") : null;
            current = form.JoinGlobal(current, kinds, neighbourhoods("all_0"), shares, neighbourhoods("block_0"));
        }
        CheckpointLayer[] head = weights.Of(LayerShape.OfHead(_description));
        return form.Score(form.Transform(current, head[..^1]), head[^1], scores);
    }

    /// <summary>The features of a level's samples and their positions, which a level of all points has not.</summary>
    private (Value Features, Value? Positions) Abstract(int level, Value positions, Value? features)
    {
        SetAbstractionDescription it = _description.Levels[level];
        string name = $"levels.{level}";
        Value? indices = it.All ? null : neighbourhoods($"samples_{level + 1}");
        Value? samples = indices is Value chosen ? _builder.Node("Gather", $"positions_{level + 1}", [positions, chosen]) : null;
        Value? residual = null;
        if (it.Residual)
        {
            Value own = _builder.Node("Gather", $"{name}.own", [features!.Value, indices!.Value]);
            residual = form.Transform(own, weights.Of(LayerShape.OfResidual(_description, level)));
        }

        Value[] pooled = new Value[it.Scales.Count];
        for (int scale = 0; scale < pooled.Length; scale++)
        {
            Grouping grouping = new()
            {
                Name = $"{name}.{scale}",
                Positions = positions,
                Samples = samples,
                Features = features,
                Neighbors = neighbourhoods($"neighbors_{level + 1}_{scale}"),
                NeighborCount = it.Scales[scale].Neighbors,
                Unit = it.RelativeByRadius ? it.Scales[scale].Radius : 1,
                FeaturesFirst = it.FeaturesFirst,
                Residual = residual,
            };
            pooled[scale] = form.Abstract(grouping, weights.Of(LayerShape.OfScale(_description, level, scale)));
        }

        Value joined = pooled.Length == 1 ? pooled[0] : _builder.Node("Concat", name, pooled, new OnnxAttribute("axis", 1L));
        for (int block = 0; block < (it.Blocks?.Count ?? 0); block++)
        {
            Grouping grouping = new()
            {
                Name = $"{name}.blocks.{block}",
                Positions = samples!.Value,
                Samples = samples,
                Features = joined,
                Neighbors = neighbourhoods($"neighbors_{level + 1}_block_{block}"),
                NeighborCount = it.Blocks![block].Neighbors,
                Unit = it.RelativeByRadius ? it.Blocks[block].Radius : 1,
            };
            joined = form.Residual(grouping, weights.Of(LayerShape.OfBlock(_description, level, block)));
        }
        return (joined, samples);
    }

    private Value Propagate(int step, Value coarse, Value? own)
    {
        int level = _description.Levels.Count - step;
        Interpolation interpolation = new(
            $"propagation.{step}", coarse, _description.Propagation[step].Skip ? own : null, _description.SkipWidth(step),
            neighbourhoods($"nearest_{level}"), neighbourhoods($"weights_{level}"));
        return form.Propagate(interpolation, weights.Of(LayerShape.OfPropagation(_description, step)));
    }
}
