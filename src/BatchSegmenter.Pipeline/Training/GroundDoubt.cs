using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Training;

/// <summary>
/// Spoils the height above ground of some training scenes, as steep slopes, cliffs and large halls spoil it in the field, so that the
/// network learns to weigh it against what it sees.
/// </summary>
internal static class GroundDoubt
{
    private const int Waves = 3;
    private const double DropoutShare = 0.05;
    private const double WaveShare = 0.25;

    public static void Apply(ThinnedPoints points, Random random)
    {
        double choice = random.NextDouble();
        if (choice < DropoutShare)
        {
            points.HeightNear.AsSpan().Clear();
            points.HeightFar.AsSpan().Clear();
        }
        else if (choice < DropoutShare + WaveShare)
        {
            AddWaves(points, points.HeightNear, random);
            AddWaves(points, points.HeightFar, random);
        }
    }

    /// <summary>Adds a smooth error of at most 2 m, with wavelengths of 25–120 m.</summary>
    private static void AddWaves(ThinnedPoints points, float[] heights, Random random)
    {
        double height = 2 * random.NextDouble() / Waves;
        for (int w = 0; w < Waves; w++)
        {
            double number = 2 * Math.PI / (25 + 95 * random.NextDouble()), direction = 2 * Math.PI * random.NextDouble();
            double alongX = number * Math.Cos(direction), alongY = number * Math.Sin(direction), phase = 2 * Math.PI * random.NextDouble();
            for (int i = 0; i < heights.Length; i++)
                heights[i] += (float)(height * Math.Sin(alongX * points.X[i] + alongY * points.Y[i] + phase));
        }
    }
}
