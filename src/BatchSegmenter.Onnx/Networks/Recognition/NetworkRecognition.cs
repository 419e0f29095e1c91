using BatchSegmenter.Onnx.Checkpoints;

namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>
/// Recognises a network from its checkpoint's keys and shapes, and completes it with what they can't tell. Every tensor must have its
/// place: what is left over is an error.
/// </summary>
public static class NetworkRecognition
{
    private const int KeysShown = 10;

    /// <summary>Recognises the network of a checkpoint.</summary>
    /// <inheritdoc cref="Recognize(string, IReadOnlyDictionary{string, IReadOnlyList{long}}, IReadOnlyList{ParameterSource})"/>
    public static RecognizedNetwork Recognize(Checkpoint checkpoint, params IReadOnlyList<ParameterSource> sources) =>
        Recognize(checkpoint.Path, checkpoint.Tensors.ToDictionary(tensor => tensor.Key, tensor => tensor.Value.Shape), sources);

    /// <summary>Recognises a network by its tensors' keys and shapes.</summary>
    /// <param name="path">What to call the checkpoint in an error.</param>
    /// <param name="shapes">The extents of each tensor by its key, without prefixes that wrap all keys, such as <c>module.</c>.</param>
    /// <param name="sources">What tells the rest, strongest first: flags, then a description file, then a preset.</param>
    /// <exception cref="InvalidCheckpointException">
    /// An unknown layout (lists keys and the nearest family), a tensor that is missing, of another shape, or has no place.
    /// </exception>
    /// <exception cref="MissingParametersException">Values that no source tells; names each.</exception>
    /// <exception cref="InvalidNetworkDescriptionException">A source does not fit the shapes, or has a value out of range.</exception>
    public static RecognizedNetwork Recognize(string path, IReadOnlyDictionary<string, IReadOnlyList<long>> shapes, params IReadOnlyList<ParameterSource> sources)
    {
        CheckpointKeys keys = new(path, shapes);
        if (PyTorchPointNet.Fits(keys))
        {
            PointNetDescription pointNet = PyTorchPointNet.Read(keys);
            RefuseLeftovers(keys, NetworkFamily.PointNetSegmentation.Name);
            return PyTorchPointNet.Complete(pointNet, keys, sources);
        }
        PointNet2Shapes network =
            PyTorchPointNet2.Fits(keys) ? PyTorchPointNet2.Read(keys)
            : OpenPointsPointNext.Fits(keys) ? OpenPointsPointNext.Read(keys)
            : TrainerPointNet2.Fits(keys) ? TrainerPointNet2.Read(keys)
            : throw UnknownLayout.Of(keys);
        RefuseLeftovers(keys, network.Name);
        return network.Complete(keys, sources);
    }

    private static void RefuseLeftovers(CheckpointKeys keys, string name)
    {
        string[] left = [.. keys.Left];
        if (left.Length > 0) throw new InvalidCheckpointException(keys.Path, $"{Shown(left)} no place in a {name}, which the other keys are of");
    }

    internal static string Shown(string[] keys) => keys.Length == 1
        ? $"tensor {keys[0]} has"
        : $"{keys.Length} tensors ({string.Join(", ", keys.Take(KeysShown))}{(keys.Length > KeysShown ? ", …" : "")}) have";
}
