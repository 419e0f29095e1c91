using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// Description and weights to an ONNX graph that takes raw points and does everything itself, for servers that know nothing of neighbourhoods:
/// sampling (a <c>Loop</c> per level, started at each block's first point), ball query and interpolation in standard operators, around the layers of
/// <see cref="PointNet2Graph.Rewritten"/>. Inputs: <c>points</c> [batch, channels, points] float32, finite, at least one point, channels as <see cref="NetworkDescription.PointChannels"/> says;
/// <c>category</c> [batch, categories] (part segmentation). Output: <c>scores</c> [batch, points, classes], or [batch, classes] for classification.
/// Any batch and any number of points; a block's scores do not depend on the others in its batch. Memory grows with the product of a level's
/// samples and points.
/// </summary>
public static class SelfContainedGraph
{
    /// <summary>Writes the graph.</summary>
    /// <param name="weights">Description and parameters.</param>
    /// <param name="logSoftmax">Whether the scores are the logarithm of the softmax over the classes, and not raw.</param>
    public static OnnxGraph Build(PointNet2Weights weights, bool logSoftmax)
    {
        PointNet2Description description = weights.Description;
        GraphBuilder builder = new("pointnet2");
        PointsInput points = new(builder, description);
        ComputedNeighbourhoods neighbourhoods = new(builder, description, points.Cloud);
        Value positions = points.Channels("positions", points.Rows, 0, 3);
        Value? features = description switch
        {
            { Features: 0 } => null,
            { PositionsAsFeatures: true } => points.Rows,
            _ => points.Channels("features", points.Rows, 3, description.PointChannels),
        };
        PointNet2Layers layers = new(weights, new RewrittenForm(builder), name => neighbourhoods[name]);
        points.Output(layers.Score(positions, features, points.Category(), "scores.rows"), logSoftmax);
        return builder.Build();
    }

    /// <summary>Writes the graph.</summary>
    /// <inheritdoc cref="Build(PointNet2Weights, bool)"/>
    public static OnnxGraph Build(PointNetWeights weights, bool logSoftmax)
    {
        GraphBuilder builder = new("pointnet");
        PointsInput points = new(builder, weights.Description);
        points.Output(new PointNetLayers(weights, builder, points).Score("scores.rows"), logSoftmax);
        return builder.Build();
    }
}
