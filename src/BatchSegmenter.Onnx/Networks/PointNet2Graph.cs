using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// Description and weights to an ONNX graph in which all control flow is gone: what a block's points are sampled to, which
/// neighbours they have and how they interpolate comes in as index and weight tensors.
/// Inputs: <c>positions</c> [S_0, 3], <c>features</c> [S_0, F] (not where F is 0), <c>category</c> [S_0, categories] (one-hot, for part
/// segmentation); per level l from 1: <c>samples_l</c> [S_l] (not for a level of all points), <c>neighbors_l_r</c> [S_l, k] per scale r,
/// <c>nearest_l</c> and <c>weights_l</c> [S_{l-1}, 3] (segmentation), <c>neighbors_l_block_b</c> [S_l, k] per residual block b;
/// where the head is told of the block as a whole <c>all_0</c> [blocks, K], the points of each block and the first one again up to K, <c>all_weights_0</c>
/// [blocks, K], 1/n and 0 from there on (for the mean), and <c>block_0</c> [S_0], the block of each point. Samples and neighbours of scales
/// index level l − 1, nearest and neighbours of blocks level l, <c>all_0</c> level 0. Output: <c>scores</c>, raw, [S_0, classes], or [S_L, classes] for classification.
/// Blocks are batched along the first axis with shifted indices.
/// </summary>
public static class PointNet2Graph
{
    /// <summary>The name of the output.</summary>
    public const string Scores = "scores";

    /// <summary>
    /// The graph to run: batch norm folded, and linear layers moved before gathers and interpolation, so that they are
    /// applied once per point instead of once per neighbour.
    /// </summary>
    public static OnnxGraph Rewritten(PointNet2Weights weights) => Build(weights, new RewrittenForm(new GraphBuilder("pointnet2")));

    /// <summary>The graph exactly as the network is defined: gather, subtract, concatenate, linear, norm, ReLU. The oracle of <see cref="Rewritten"/>.</summary>
    public static OnnxGraph Plain(PointNet2Weights weights) => Build(weights, new PlainForm(new GraphBuilder("pointnet2")));

    /// <summary>The inputs that a network of this description has, in the order of the graph.</summary>
    public static IReadOnlyList<OnnxValue> Inputs(PointNet2Description description)
    {
        List<OnnxValue> inputs = [new("positions", ElementType.Float32, [Points(0), 3])];
        if (description.Features > 0) inputs.Add(new("features", ElementType.Float32, [Points(0), description.Features]));
        if (description.Categories > 0) inputs.Add(new("category", ElementType.Float32, [Points(0), description.Categories]));
        for (int level = 1; level <= description.Levels.Count; level++)
        {
            SetAbstractionDescription it = description.Levels[level - 1];
            if (!it.All) inputs.Add(new($"samples_{level}", ElementType.Int32, [Points(level)]));
            for (int scale = 0; scale < it.Scales.Count; scale++)
                inputs.Add(new($"neighbors_{level}_{scale}", ElementType.Int32, [Points(level), it.All ? "all" : it.Scales[scale].Neighbors]));
            for (int block = 0; block < (it.Blocks?.Count ?? 0); block++)
                inputs.Add(new($"neighbors_{level}_block_{block}", ElementType.Int32, [Points(level), it.Blocks![block].Neighbors]));
            if (description.Task == NetworkTask.Classification) continue;
            inputs.Add(new($"nearest_{level}", ElementType.Int32, [Points(level - 1), 3]));
            inputs.Add(new($"weights_{level}", ElementType.Float32, [Points(level - 1), 3]));
        }
        if (description.Global is not { } kinds) return inputs;
        inputs.Add(new("all_0", ElementType.Int32, ["blocks", "blockpoints"]));
        if (kinds.Contains(GlobalFeature.Mean)) inputs.Add(new("all_weights_0", ElementType.Float32, ["blocks", "blockpoints"]));
        inputs.Add(new("block_0", ElementType.Int32, [Points(0)]));
        return inputs;
    }

    /// <summary>The output that a network of this description has.</summary>
    public static OnnxValue Output(PointNet2Description description) => new(
        Scores, ElementType.Float32, [Points(description.Task == NetworkTask.Classification ? description.Levels.Count : 0), description.Classes]);

    private static Dimension Points(int level) => $"points{level}";

    private static OnnxGraph Build(PointNet2Weights weights, PointNet2Form form)
    {
        PointNet2Description description = weights.Description;
        Dictionary<string, Value> inputs = Inputs(description).ToDictionary(input => input.Name, form.Builder.Input);
        new PointNet2Layers(weights, form, name => inputs[name]).Score(
            inputs["positions"],
            inputs.TryGetValue("features", out Value features) ? features : null,
            inputs.TryGetValue("category", out Value category) ? category : null,
            Scores);
        form.Builder.Output(Output(description));
        return form.Builder.Build();
    }
}
