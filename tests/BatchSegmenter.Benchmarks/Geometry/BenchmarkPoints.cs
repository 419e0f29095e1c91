namespace BatchSegmenter.Benchmarks.Geometry;

/// <summary>Rolling ground with trees on every fourth point, in scan lines, about one point per square unit.</summary>
internal sealed class BenchmarkPoints
{
    public BenchmarkPoints(int count)
    {
        Random random = new(1);
        int line = (int)Math.Sqrt(count);
        (X, Y, Z) = (new float[count], new float[count], new float[count]);
        for (int i = 0; i < count; i++)
        {
            X[i] = i % line + random.NextSingle();
            Y[i] = i / line + random.NextSingle();
            Z[i] = 3 * MathF.Sin(X[i] / 20) + random.NextSingle() * (random.Next(4) == 0 ? 10 : 0.05f);
        }
    }

    public float[] X { get; }

    public float[] Y { get; }

    public float[] Z { get; }
}
