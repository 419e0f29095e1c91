using BatchSegmenter.Geometry;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Serialization;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Tests.Networks;

/// <summary>Neighbourhoods that a graph computes, in ONNX Runtime, against the kernels: the same indices, entry by entry of a batch.</summary>
public sealed class NeighbourhoodNodesTests
{
    private static readonly SetAbstractionDescription[] Levels =
    [
        new() { Ratio = 0.3, Scales = [SampleModels.Scale(1.5f, 16, 8), SampleModels.Scale(4, 40, 8)] },
        new() { Stride = 3, Scales = [SampleModels.Scale(3, 8, 8)] },
        new() { Samples = 20, Scales = [SampleModels.Scale(6, 32, 8)] },
    ];

    public static TheoryData<int, int> Sizes => new()
    {
        { 1, 1 }, { 2, 2 }, { 5, 3 }, { 1, 7 }, { 2, 100 }, { 5, 1024 }, { 1, 5000 }, { 2, 777 },
    };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void FindWhatTheKernelsFind(int blocks, int points) => Compare(blocks, points, gridded: false, exclusive: false, InterpolationWeight.InverseSquaredDistance);

    /// <summary>Whole-numbered coordinates, with duplicates: ties everywhere, and points at exactly the radius.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BreakTiesAsTheKernelsDo(bool exclusive)
    {
        foreach ((int blocks, int points) in new[] { (1, 1500), (3, 200), (2, 5), (4, 33) }) Compare(blocks, points, gridded: true, exclusive, InterpolationWeight.InverseDistance);
    }

    private static void Compare(int blocks, int points, bool gridded, bool exclusive, InterpolationWeight weight)
    {
        float[][] clouds = [.. Enumerable.Range(0, blocks).Select(seed => Cloud(points, seed, gridded))];
        using InferenceSession session = new(OnnxWriter.Write(Graph(exclusive, weight)));
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(clouds.SelectMany(cloud => cloud).ToArray(), [blocks, 3, points]);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, ["points"], [input], session.OutputNames);
        Dictionary<string, OrtValue> found = session.OutputNames.Zip(outputs).ToDictionary(pair => pair.First, pair => pair.Second);

        for (int block = 0; block < blocks; block++)
        {
            float[][] fine = [.. clouds[block].Chunk(points)];
            for (int level = 0; level < Levels.Length; level++)
            {
                int[] samples = new int[Levels[level].SampleCount(fine[0].Length)];
                FarthestPointSampling.Sample(fine[0], fine[1], fine[2], 0, samples);
                float[][] coarse = [.. fine.Select(axis => samples.Select(index => axis[index]).ToArray())];
                Assert.Equal(samples.Select(index => (long)index + block * fine[0].Length), Part<long>($"samples.{level}", block));
                for (int scale = 0; scale < Levels[level].Scales.Count; scale++)
                {
                    ScaleDescription it = Levels[level].Scales[scale];
                    int[] neighbors = new int[samples.Length * it.Neighbors];
                    BallQuery.Search(fine[0], fine[1], fine[2], coarse[0], coarse[1], coarse[2], it.Radius, it.Neighbors, neighbors);
                    if (exclusive) neighbors = [.. samples.SelectMany(sample => Inside(fine, sample, it))];
                    Assert.Equal(neighbors.Select(index => index + block * fine[0].Length), Part<int>($"neighbors.{level}.{scale}", block));
                }
                int[] nearest = new int[3 * fine[0].Length];
                float[] weights = new float[nearest.Length];
                ThreeNearestInterpolation.Weights(coarse[0], coarse[1], coarse[2], fine[0], fine[1], fine[2], nearest, weights);
                Assert.Equal(nearest.Select(index => index + block * samples.Length), Part<int>($"nearest.{level}", block));
                if (weight == InterpolationWeight.InverseDistance) weights = [.. InverseDistances(fine, coarse, nearest)];
                foreach ((float expected, float actual) in weights.Zip(Part<float>($"weights.{level}", block))) Assert.Equal(expected, actual, 1e-6f);
                fine = coarse;
            }
        }

        T[] Part<T>(string name, int block) where T : unmanaged
        {
            ReadOnlySpan<T> all = found[name].GetTensorDataAsSpan<T>();
            return all.Slice(all.Length / blocks * block, all.Length / blocks).ToArray();
        }
    }

    private static IEnumerable<int> Inside(float[][] fine, int sample, ScaleDescription scale)
    {
        int[] inside = [.. Enumerable.Range(0, fine[0].Length).Where(i => fine.Sum(axis => (axis[i] - axis[sample]) * (axis[i] - axis[sample])) < scale.Radius * scale.Radius)];
        return Enumerable.Range(0, scale.Neighbors).Select(n => inside[n < inside.Length ? n : 0]);
    }

    private static IEnumerable<float> InverseDistances(float[][] fine, float[][] coarse, int[] nearest)
    {
        int real = Math.Min(3, coarse[0].Length);
        for (int i = 0; i < fine[0].Length; i++)
        {
            double[] inverse = [.. Enumerable.Range(0, 3).Select(n => n >= real ? 0 : 1 / (1e-8 + Math.Sqrt(
                Enumerable.Range(0, 3).Sum(axis => Math.Pow(fine[axis][i] - coarse[axis][nearest[3 * i + n]], 2)))))];
            foreach (double value in inverse) yield return (float)(value / inverse.Sum());
        }
    }

    private static OnnxGraph Graph(bool exclusive, InterpolationWeight weight)
    {
        GraphBuilder builder = new("neighbourhoods");
        NeighbourhoodNodes nodes = new(builder);
        LevelNodes fine = nodes.Points(builder.Input(new OnnxValue("points", ElementType.Float32, ["batch", 3, "points"])));
        for (int level = 0; level < Levels.Length; level++)
        {
            (Value rows, LevelNodes coarse) = nodes.Sample($"level.{level}", fine, nodes.SampleCount($"level.{level}", Levels[level], fine.Count));
            Output($"samples.{level}", rows, ElementType.Int64, default(Dimension));
            Value distances = nodes.Distances($"level.{level}.distances", coarse, fine);
            for (int scale = 0; scale < Levels[level].Scales.Count; scale++)
            {
                ScaleDescription it = Levels[level].Scales[scale];
                Output($"neighbors.{level}.{scale}", nodes.BallQuery($"level.{level}.{scale}", distances, fine, it.Radius, it.Neighbors, exclusive), ElementType.Int32, default, it.Neighbors);
            }
            (Value nearest, Value weights) = nodes.ThreeNearest($"level.{level}.nearest", distances, coarse, weight);
            Output($"nearest.{level}", nearest, ElementType.Int32, default, 3);
            Output($"weights.{level}", weights, ElementType.Float32, default, 3);
            fine = coarse;
        }
        return OnnxReader.Read(OnnxWriter.Write(builder.Build()), "neighbourhoods");

        void Output(string name, Value value, ElementType type, params Dimension[] shape)
        {
            builder.Node("Identity", name, [value]);
            builder.Output(new OnnxValue(name, type, shape));
        }
    }

    private static float[] Cloud(int points, int seed, bool gridded)
    {
        Random random = new(seed);
        float edge = MathF.Sqrt(points);
        float[] cloud = new float[3 * points];
        for (int i = 0; i < cloud.Length; i++)
        {
            float value = random.NextSingle() * (i < 2 * points ? edge : 4);
            cloud[i] = gridded ? MathF.Floor(value / 2) * 1.5f : value;
        }
        return cloud;
    }
}
