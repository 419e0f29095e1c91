namespace BatchSegmenter.Onnx.Networks;

/// <summary>The layers that a PointNet description asks for, in the order that data takes.</summary>
internal static class PointNetShapes
{
    /// <summary>All layers.</summary>
    public static LayerShape[] All(PointNetDescription description) =>
    [
        .. OfTransformEncoder(description, "inputTransform"), .. OfTransformHead(description, "inputTransform"),
        .. OfTransformEncoder(description, "featureTransform"), .. OfTransformHead(description, "featureTransform"),
        .. OfEncoder(description), .. OfHead(description),
    ];

    /// <summary>Layers per point of one of the two networks that make matrices.</summary>
    public static LayerShape[] OfTransformEncoder(PointNetDescription description, string transform) =>
        LayerShape.Chain($"{transform}.encoder", transform == "inputTransform" ? description.Features : description.Encoder[0], description.TransformEncoder);

    /// <summary>Layers per block behind the pooling; the last one makes the matrix, without norm and ReLU.</summary>
    public static LayerShape[] OfTransformHead(PointNetDescription description, string transform)
    {
        int side = transform == "inputTransform" ? 3 : description.Encoder[0];
        return Bare(LayerShape.Chain($"{transform}.head", description.TransformEncoder[^1], [.. description.TransformHead, side * side]));
    }

    /// <summary>Layers per point; the last one, which is pooled, is without ReLU.</summary>
    public static LayerShape[] OfEncoder(PointNetDescription description)
    {
        LayerShape[] layers = LayerShape.Chain("encoder", description.Features, description.Encoder);
        layers[^1] = layers[^1] with { Activated = false };
        return layers;
    }

    /// <summary>Layers over the block's features and behind them the point's; the last one scores the classes, without norm and ReLU.</summary>
    public static LayerShape[] OfHead(PointNetDescription description) =>
        Bare(LayerShape.Chain("head", description.Encoder[^1] + description.Encoder[0], [.. description.Head, description.Classes]));

    private static LayerShape[] Bare(LayerShape[] layers)
    {
        layers[^1] = layers[^1] with { Normalized = false, Activated = false };
        return layers;
    }
}
