using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>Takes the parameters back out of a graph that <see cref="PointNet2Graph.Rewritten"/> wrote; batch norms stay folded, each layer has a bias instead.</summary>
public static class GraphWeights
{
    /// <summary>Reads all layers. Where a level's features stand before relative coordinates, the order is turned round, in the description as well.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="description">Its architecture: a segmentation network of plain levels (no residual, no level of all points), without stem, category and global features.</param>
    /// <param name="path">What to call the graph in an error.</param>
    /// <exception cref="InvalidOnnxException">A constant of the form is missing or has another shape; names it.</exception>
    public static PointNet2Weights Read(OnnxGraph graph, PointNet2Description description, string path)
    {
        Dictionary<string, OnnxTensor> constants = graph.Initializers.ToDictionary(tensor => tensor.Name);
        Dictionary<string, CheckpointLayer> layers = [];
        PointNet2Description canonical = description with { Levels = [.. description.Levels.Select(level => level with { FeaturesFirst = false })] };
        for (int level = 0; level < description.Levels.Count; level++)
        {
            for (int scale = 0; scale < description.Levels[level].Scales.Count; scale++)
            {
                LayerShape[] chain = LayerShape.OfScale(canonical, level, scale);
                float[] first = Floats($"{chain[0].Name}.point.weight", chain[0].Inputs, chain[0].Outputs);
                float unit = description.Levels[level].RelativeByRadius ? description.Levels[level].Scales[scale].Radius : 1;
                for (int i = 0; i < 3 * chain[0].Outputs; i++) first[i] *= unit;
                Add(chain[0], first, $"{chain[0].Name}.sample.bias");
                foreach (LayerShape layer in chain[1..].SkipLast(1)) AddLinear(layer);
                if (chain.Length > 1) Add(chain[^1], Floats($"{chain[^1].Name}.weight", chain[^1].Inputs, chain[^1].Outputs), $"{chain[^1].Name}.bias");
            }
        }

        for (int step = 0; step < description.Propagation.Count; step++)
        {
            LayerShape[] chain = LayerShape.OfPropagation(canonical, step);
            (string name, int outputs, int skip) = (chain[0].Name, chain[0].Outputs, canonical.SkipWidth(step));
            float[] coarse = Floats($"{name}.coarse.weight", chain[0].Inputs - skip, outputs);
            float[] own = skip > 0 ? Floats($"{name}.skip.weight", skip, outputs) : [];
            Add(chain[0], [.. own, .. coarse], skip > 0 ? $"{name}.skip.bias" : $"{name}.bias");
            foreach (LayerShape layer in chain[1..]) AddLinear(layer);
        }

        LayerShape[] head = LayerShape.OfHead(canonical);
        foreach (LayerShape layer in head[..^1]) AddLinear(layer);
        Add(head[^1], Floats($"{PointNet2Graph.Scores}.weight", head[^1].Inputs, head[^1].Outputs), $"{PointNet2Graph.Scores}.bias");
        return PointNet2Weights.Of(canonical, shape => layers[shape.Name]);

        void AddLinear(LayerShape shape) => Add(shape, Floats($"{shape.Name}.linear.weight", shape.Inputs, shape.Outputs), $"{shape.Name}.linear.bias");

        void Add(LayerShape shape, float[] rows, string bias)
        {
            float[] weight = new float[rows.Length];
            for (int input = 0; input < shape.Inputs; input++)
                for (int output = 0; output < shape.Outputs; output++) weight[output * shape.Inputs + input] = rows[input * shape.Outputs + output];
            layers[shape.Name] = new CheckpointLayer(shape, weight, Floats(bias, shape.Outputs), null);
        }

        float[] Floats(string name, params long[] shape) =>
            constants.TryGetValue(name, out OnnxTensor? tensor) && tensor.Type == ElementType.Float32 && tensor.Shape.SequenceEqual(shape)
                ? tensor.Floats.ToArray()
                : throw new InvalidOnnxException(path, $"it is not in the form that this program gives its networks: {(tensor is null ? "there is no constant" : $"the constant is {tensor.TypeAndShape}:")} {name}, float32[{string.Join(", ", shape)}] was expected");
    }
}
