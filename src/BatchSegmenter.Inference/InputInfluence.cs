using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace BatchSegmenter.Inference;

/// <summary>
/// Whether each input of a network does something: an export that recorded a computation's result as a constant gives a valid graph whose
/// scores ignore an input. Each input in turn is changed, numbers by adding to them, indices by exchanging them among each other so that
/// they stay valid, and the scores are compared with the unchanged ones.
/// </summary>
public static class InputInfluence
{
    /// <summary>The inputs that the scores do not depend on, bit by bit.</summary>
    /// <param name="model">The network.</param>
    /// <param name="block">A block of a few hundred points that differ: in too small ones, all groups may be equal.</param>
    /// <param name="cancellation">Ends the test early.</param>
    /// <returns>Names in the order of the graph; empty if every input matters.</returns>
    /// <exception cref="OnnxRuntimeException">The block does not fit the network, or the device failed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static IReadOnlyList<string> WithoutInfluence(SegmentationModel model, RawBlock block, CancellationToken cancellation = default)
    {
        if (model.Bundle.Points is PointSignature signature)
        {
            using RawBatch batch = new(block, signature, model.Bundle.Description.Architecture);
            return WithoutInfluence([.. batch.Names], [.. batch.Values], values => model.RawScores(batch.Names, values, signature.Scores, cancellation));
        }

        BlockTensors tensors = block.WithNeighbourhoods(model.Bundle.Description.PointNet2);
        using Neighbourhoods neighbourhoods = tensors.Neighbourhoods;
        using BlockBatch single = new(tensors);
        return WithoutInfluence([.. single.Names], [.. single.Values], values => model.RawScores(single.Names, values, Onnx.Networks.PointNet2Graph.Scores, cancellation));
    }

    private static List<string> WithoutInfluence(string[] names, OrtValue[] values, Func<OrtValue[], float[]> scores)
    {
        float[] before = scores(values);
        List<string> without = [];
        for (int input = 0; input < names.Length; input++)
        {
            Func<OrtValue>[] changes = Changes(values[input]);
            if (changes.Length > 0 && !changes.Any(change => Differs(input, change))) without.Add(names[input]);
        }
        return without;

        bool Differs(int input, Func<OrtValue> change)
        {
            OrtValue[] changed = [.. values];
            using OrtValue other = change();
            changed[input] = other;
            return !MemoryMarshal.AsBytes<float>(scores(changed)).SequenceEqual(MemoryMarshal.AsBytes<float>(before));
        }
    }

    /// <summary>
    /// Ways to change a tensor, tried in order. Indices moved along by one may describe the same groups, those all replaced by one of them do
    /// not, unless they were equal.
    /// </summary>
    private static Func<OrtValue>[] Changes(OrtValue value)
    {
        long[] shape = value.GetTensorTypeAndShape().Shape;
        switch (value.GetTensorTypeAndShape().ElementDataType)
        {
            case TensorElementType.Float:
                float[] numbers = value.GetTensorDataAsSpan<float>().ToArray();
                return [() => Tensor([.. numbers.Select((number, i) => number + (i % 2 == 0 ? 1 : -0.5f))]), () => Tensor([.. numbers.Select(number => -2 * number + 1)])];
            case TensorElementType.Int32:
                int[] indices = value.GetTensorDataAsSpan<int>().ToArray();
                return Exchanges(indices).Select<int[], Func<OrtValue>>(changed => () => Tensor(changed)).ToArray();
            case TensorElementType.Int64:
                long[] longs = value.GetTensorDataAsSpan<long>().ToArray();
                return Exchanges(longs).Select<long[], Func<OrtValue>>(changed => () => Tensor(changed)).ToArray();
            default:
                return [];
        }

        OrtValue Tensor<T>(T[] elements)
            where T : unmanaged => OrtValue.CreateTensorValueFromMemory(elements, shape);
    }

    /// <summary>Nothing where all indices are the same one, as those into a level of a single sample are.</summary>
    private static IEnumerable<T[]> Exchanges<T>(T[] indices) where T : IEquatable<T> => indices.Length == 0 || !indices.AsSpan().ContainsAnyExcept(indices[0])
        ? []
        : [[.. indices[1..], indices[0]], [.. Enumerable.Repeat(indices[0], indices.Length)], [.. Enumerable.Repeat(indices[^1], indices.Length)]];
}
