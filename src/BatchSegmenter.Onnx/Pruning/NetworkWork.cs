using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Onnx.Pruning;

/// <summary>How much a network multiplies in the form that runs, where first layers are applied before gathers.</summary>
public static class NetworkWork
{
    /// <summary>Multiply-adds for a block.</summary>
    /// <param name="network">A segmentation network of plain levels.</param>
    /// <param name="points">Points of the block, at least 1.</param>
    public static long MultiplyAdds(PointNet2Description network, int points)
    {
        int[] rows = network.SampleCounts(points);
        long sum = 0;
        for (int level = 0; level < network.Levels.Count; level++)
        {
            for (int scale = 0; scale < network.Levels[level].Scales.Count; scale++)
            {
                LayerShape[] layers = LayerShape.OfScale(network, level, scale);
                long groups = rows[level + 1], neighbors = network.Levels[level].Scales[scale].Neighbors;
                sum += rows[level] * Size(layers[0]) + groups * 3 * layers[0].Outputs + layers[1..].Sum(layer => groups * neighbors * Size(layer));
            }
        }

        for (int step = 0; step < network.Propagation.Count; step++)
        {
            LayerShape[] layers = LayerShape.OfPropagation(network, step);
            int level = network.Levels.Count - 1 - step;
            long skip = network.SkipWidth(step), outputs = layers[0].Outputs;
            sum += rows[level] * skip * outputs + rows[level + 1] * (layers[0].Inputs - skip) * outputs + layers[1..].Sum(layer => rows[level] * Size(layer));
        }
        return sum + LayerShape.OfHead(network).Sum(layer => rows[0] * Size(layer));
    }

    private static long Size(LayerShape layer) => (long)layer.Inputs * layer.Outputs;
}
