using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// Description and weights to an ONNX graph in which all control flow is gone: what a block's points are sampled to, which
/// neighbours they have and how they interpolate comes in as index and weight tensors.
/// Inputs: <c>positions</c> [S_0, 3], <c>features</c> [S_0, F]; per level l from 1: <c>samples_l</c> [S_l], <c>neighbors_l_r</c> [S_l, k]
/// per scale r (both index level l − 1), <c>nearest_l</c> and <c>weights_l</c> [S_{l-1}, 3] (index level l). Output: <c>scores</c> [S_0, classes],
/// raw. Blocks are batched along the first axis with shifted indices.
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
        List<OnnxValue> inputs =
        [
            new("positions", ElementType.Float32, [Points(0), 3]),
            new("features", ElementType.Float32, [Points(0), description.Features]),
        ];
        for (int level = 1; level <= description.Levels.Count; level++)
        {
            IReadOnlyList<ScaleDescription> scales = description.Levels[level - 1].Scales;
            inputs.Add(new($"samples_{level}", ElementType.Int32, [Points(level)]));
            for (int scale = 0; scale < scales.Count; scale++)
                inputs.Add(new($"neighbors_{level}_{scale}", ElementType.Int32, [Points(level), scales[scale].Neighbors]));
            inputs.Add(new($"nearest_{level}", ElementType.Int32, [Points(level - 1), 3]));
            inputs.Add(new($"weights_{level}", ElementType.Float32, [Points(level - 1), 3]));
        }
        return inputs;
    }

    /// <summary>The output that a network of this description has.</summary>
    public static OnnxValue Output(PointNet2Description description) => new(Scores, ElementType.Float32, [Points(0), description.Classes]);

    private static Dimension Points(int level) => $"points{level}";

    private static OnnxGraph Build(PointNet2Weights weights, PointNet2Form form)
    {
        PointNet2Description description = weights.Description;
        GraphBuilder builder = form.Builder;
        Dictionary<string, Value> inputs = Inputs(description).ToDictionary(input => input.Name, builder.Input);

        int levels = description.Levels.Count;
        Value positions = inputs["positions"];
        List<Value> features = [inputs["features"]];
        for (int level = 1; level <= levels; level++)
        {
            SetAbstractionDescription shape = description.Levels[level - 1];
            Value samples = builder.Node("Gather", $"positions_{level}", [positions, inputs[$"samples_{level}"]]);
            Value[] pooled = new Value[shape.Scales.Count];
            for (int scale = 0; scale < pooled.Length; scale++)
            {
                float unit = shape.RelativeByRadius ? shape.Scales[scale].Radius : 1;
                Grouping grouping = new(
                    $"levels.{level - 1}.{scale}", positions, samples, features[level - 1], inputs[$"neighbors_{level}_{scale}"], shape.Scales[scale].Neighbors, unit);
                pooled[scale] = form.Abstract(grouping, weights.Levels[level - 1][scale]);
            }
            features.Add(pooled.Length == 1 ? pooled[0] : builder.Node("Concat", $"levels.{level - 1}", pooled, new OnnxAttribute("axis", 1L)));
            positions = samples;
        }

        Value current = features[levels];
        for (int step = 0; step < levels; step++)
        {
            int level = levels - step;
            (Value? skip, int skipWidth) = description.Propagation[step].Skip ? (features[level - 1], description.LevelWidth(level - 1)) : ((Value?)null, 0);
            Interpolation interpolation = new($"propagation.{step}", current, skip, skipWidth, inputs[$"nearest_{level}"], inputs[$"weights_{level}"]);
            current = form.Propagate(interpolation, weights.Propagation[step]);
        }
        form.Score(current, weights.Head);
        builder.Output(Output(description));
        return builder.Build();
    }
}
