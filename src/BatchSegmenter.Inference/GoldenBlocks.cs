using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference;

/// <summary>How far a model's scores are from the golden ones.</summary>
/// <param name="Blocks">Golden blocks compared.</param>
/// <param name="Points">Their points.</param>
/// <param name="LargestDifference">The largest absolute difference of a score.</param>
public sealed record GoldenComparison(int Blocks, int Points, float LargestDifference);

/// <summary>
/// Blocks with the scores that the trainer's own network gives them: tensors <c>golden.{i}.{input}</c> and
/// <c>golden.{i}.scores</c> of a safetensors file. They prove that a bundle computes what was trained.
/// </summary>
public sealed class GoldenBlocks
{
    /// <summary>How far a score may be from the golden one.</summary>
    public const float Tolerance = 1e-4f;

    private readonly SafetensorsFile _file;

    private GoldenBlocks(SafetensorsFile file, int count)
    {
        _file = file;
        Count = count;
    }

    /// <summary>The number of blocks, at least 1.</summary>
    public int Count { get; }

    /// <summary>Finds the golden blocks of a file.</summary>
    /// <exception cref="InvalidCheckpointException">There are none.</exception>
    public static GoldenBlocks Of(SafetensorsFile file)
    {
        int count = 0;
        while (file.Tensors.ContainsKey(Key(count, PointNet2Graph.Scores))) count++;
        return count > 0 ? new GoldenBlocks(file, count) : throw new InvalidCheckpointException(file.Path, $"it holds no golden blocks: tensor {Key(0, PointNet2Graph.Scores)} is missing");
    }

    /// <summary>Runs the model on every block and compares.</summary>
    /// <returns>How close it came.</returns>
    /// <exception cref="InvalidCheckpointException">A tensor is missing, or does not fit the model.</exception>
    /// <exception cref="InvalidModelBundleException">
    /// A score is farther than <see cref="Tolerance"/> from the golden one, or another class wins where the golden scores of the
    /// best two differ by more than twice that.
    /// </exception>
    public GoldenComparison Compare(SegmentationModel model)
    {
        PointNet2Description network = model.Bundle.Description.PointNet2;
        int points = 0;
        float largest = 0;
        for (int block = 0; block < Count; block++)
        {
            (BlockTensors tensors, float[] golden) = Read(block, network);
            using BlockBatch batch = new(tensors);
            float[] scores = new float[golden.Length];
            model.Run(batch, scores);
            largest = Math.Max(largest, Compare(block, golden, scores, network.Classes, model.Bundle.Folder));
            points += batch.PointCount;
            tensors.Neighbourhoods.Dispose();
        }
        return new GoldenComparison(Count, points, largest);
    }

    /// <summary>Runs the model on every block; gives the golden scores and its own, [points, classes].</summary>
    internal IEnumerable<(float[] Golden, float[] Scores)> Scores(SegmentationModel model)
    {
        for (int block = 0; block < Count; block++)
        {
            (BlockTensors tensors, float[] golden) = Read(block, model.Bundle.Description.PointNet2);
            using Neighbourhoods neighbourhoods = tensors.Neighbourhoods;
            using BlockBatch batch = new(tensors);
            float[] scores = new float[golden.Length];
            model.Run(batch, scores);
            yield return (golden, scores);
        }
    }

    private static float Compare(int block, float[] golden, float[] scores, int classes, string path)
    {
        float largest = 0;
        for (int i = 0; i < golden.Length; i++)
        {
            float difference = Math.Abs(golden[i] - scores[i]);
            if (!(difference <= Tolerance))
                throw new InvalidModelBundleException(path, FormattableString.Invariant(
                    $"the network does not compute what was trained: golden block {block}, point {i / classes}, class {i % classes} scores {scores[i]}, the trainer's network {golden[i]}; {Tolerance} is allowed"));
            largest = Math.Max(largest, difference);
        }
        for (int row = 0; row < golden.Length; row += classes)
        {
            int expected = IndexOfMax(golden.AsSpan(row, classes)), found = IndexOfMax(scores.AsSpan(row, classes));
            if (expected != found && golden[row + expected] - golden[row + found] > 2 * Tolerance)
                throw new InvalidModelBundleException(path, $"golden block {block}, point {row / classes} gets class {found}, the trainer's network gives {expected}");
        }
        return largest;
    }

    private static int IndexOfMax(ReadOnlySpan<float> values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
            if (values[i] > values[best]) best = i;
        return best;
    }

    private (BlockTensors Block, float[] Scores) Read(int block, PointNet2Description network)
    {
        float[] positions = Tensor<float>("positions", -1, 3);
        int points = positions.Length / 3;
        float[] features = Tensor<float>("features", points, network.Features);
        Neighbourhoods neighbourhoods = Neighbourhoods.Allocate(points, network);
        for (int level = 1; level <= neighbourhoods.Levels; level++)
        {
            int fine = neighbourhoods.PointCount(level - 1), coarse = neighbourhoods.PointCount(level);
            Tensor<int>($"samples_{level}", coarse).CopyTo(neighbourhoods.Samples(level));
            for (int scale = 0; scale < neighbourhoods.ScaleCount(level); scale++)
                Tensor<int>($"neighbors_{level}_{scale}", coarse, neighbourhoods.NeighborCount(level, scale)).CopyTo(neighbourhoods.Neighbors(level, scale));
            Tensor<int>($"nearest_{level}", fine, 3).CopyTo(neighbourhoods.Nearest(level));
            Tensor<float>($"weights_{level}", fine, 3).CopyTo(neighbourhoods.Weights(level));
        }
        return (new BlockTensors(positions, features, neighbourhoods), Tensor<float>(PointNet2Graph.Scores, points, network.Classes));

        T[] Tensor<T>(string name, params long[] shape) where T : unmanaged
        {
            string key = Key(block, name);
            string wanted = $"{(typeof(T) == typeof(float) ? "float32" : "int32")}[{string.Join(", ", shape.Select(extent => extent < 0 ? "points" : $"{extent}"))}]";
            if (!_file.Tensors.TryGetValue(key, out SafetensorsTensor? tensor))
                throw new InvalidCheckpointException(_file.Path, $"tensor {key} is missing; the architecture asks for {wanted}");
            ElementType type = typeof(T) == typeof(float) ? ElementType.Float32 : ElementType.Int32;
            bool fits = tensor.Type == type && tensor.Shape.Count == shape.Length && tensor.Shape.Zip(shape).All(pair => pair.Second < 0 ? pair.First > 0 : pair.First == pair.Second);
            return fits
                ? tensor.ToArray<T>()
                : throw new InvalidCheckpointException(_file.Path, $"tensor {key} is {tensor.Type.ToString().ToLowerInvariant()}[{string.Join(", ", tensor.Shape)}]; the architecture asks for {wanted}");
        }
    }

    private static string Key(int block, string name) => $"golden.{block}.{name}";
}
