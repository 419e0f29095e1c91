using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>
/// A network evaluated straight from its checkpoint and description, as the papers define it: nothing is folded, moved or shared with what
/// runs in production, every point is tried against every other, and sums are in double. It is what a model bundle is proven against.
/// Evaluations may run at the same time.
/// </summary>
public sealed class PlainNetwork
{
    private readonly Func<float[], int, PlainEvaluation> _evaluate;

    /// <summary>Takes the layers from the checkpoint.</summary>
    /// <param name="description">PointNet++ or PointNet; valid.</param>
    /// <param name="tensor">Values and shape of the checkpoint's tensor of a name, or null where it has none.</param>
    /// <param name="layers">Where the checkpoint keeps each layer, by canonical name.</param>
    /// <param name="path">What to call the checkpoint in an error.</param>
    /// <exception cref="InvalidCheckpointException">A layer or tensor is missing or has another shape, or a layer has no place in the network.</exception>
    /// <exception cref="ArgumentException">The description is of a network of which only the ONNX graph is known.</exception>
    public PlainNetwork(
        NetworkDescription description, Func<string, (float[] Values, IReadOnlyList<long> Shape)?> tensor,
        IReadOnlyDictionary<string, LayerTensors> layers, string path = "checkpoint")
    {
        Description = description;
        PlainLayers taken = new(path, tensor, layers);
        switch (description)
        {
            case PointNet2Description pointNet2:
                _evaluate = new PlainPointNet2(pointNet2, taken).Evaluate;
                break;
            case PointNetDescription pointNet when pointNet.Categories == 0:
                PlainPointNet network = new(pointNet, taken);
                _evaluate = (points, _) => network.Evaluate(points);
                break;
            default:
                throw new ArgumentException($"A {description.GetType().Name} with {description.Categories} categories can't be evaluated from a checkpoint.", nameof(description));
        }
        taken.RefuseRest();
    }

    /// <summary>The network's architecture.</summary>
    public NetworkDescription Description { get; }

    /// <summary>Evaluates one block. Sampling starts at point 0.</summary>
    /// <param name="points">[n, <see cref="NetworkDescription.PointChannels"/>], n at least 1, finite.</param>
    /// <param name="category">The object's category, from 0; −1 where the network wants none.</param>
    /// <exception cref="ArgumentException">No points, a part of a point, or a value that is not finite.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The category is not one of the network's.</exception>
    public PlainEvaluation Evaluate(ReadOnlySpan<float> points, int category = -1)
    {
        if (points.IsEmpty || points.Length % Description.PointChannels != 0)
            throw new ArgumentException($"{points.Length} values are not those of one or more points of {Description.PointChannels} channels.", nameof(points));
        foreach (float value in points)
            if (!float.IsFinite(value)) throw new ArgumentException("A value is not finite.", nameof(points));
        if (Description.Categories > 0 ? category < 0 || category >= Description.Categories : category != -1)
            throw new ArgumentOutOfRangeException(nameof(category), category, $"The network has {Description.Categories} categories.");
        return _evaluate(points.ToArray(), category);
    }
}
