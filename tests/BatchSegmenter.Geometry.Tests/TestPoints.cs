namespace BatchSegmenter.Geometry.Tests;

/// <summary>Point sets that provoke ties, duplicates, uneven density and vector remainders.</summary>
internal sealed record TestPoints(float[] X, float[] Y, float[] Z)
{
    public int Count => X.Length;

    /// <summary>Coordinates on a coarse lattice: many equal distances and duplicates.</summary>
    public static TestPoints Lattice(int count, int seed, int steps = 5) => Create(count, seed, random => random.Next(steps) * 0.5f);

    public static TestPoints Scattered(int count, int seed) => Create(count, seed, random => random.NextSingle() * 10);

    /// <summary>Half the points in a millionth of the volume, and a far outlier.</summary>
    public static TestPoints Uneven(int count, int seed)
    {
        TestPoints points = Create(count, seed, random => random.NextSingle() * (random.Next(2) == 0 ? 100 : 1));
        if (count > 0)
            points.X[count / 2] = 1e7f;
        return points;
    }

    private static TestPoints Create(int count, int seed, Func<Random, float> next)
    {
        Random random = new(seed);
        TestPoints points = new(new float[count], new float[count], new float[count]);
        for (int i = 0; i < count; i++)
            (points.X[i], points.Y[i], points.Z[i]) = (next(random), next(random), next(random));
        return points;
    }

    public static IEnumerable<TestPoints> OfEveryKind(int count, int seed) =>
        [Lattice(count, seed), Scattered(count, seed), Uneven(count, seed), Lattice(count, seed, steps: 1)];
}
