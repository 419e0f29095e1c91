using System.Numerics;

namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>
/// Sampling, grouping and the three nearest by trying every point, as they are defined. Distances are compared in float32, each operation
/// rounded, because that decides which points are near enough.
/// </summary>
internal static class PlainNeighbourhoods
{
    /// <summary>(dx·dx + dy·dy) + dz·dz.</summary>
    public static float SquaredDistance(Vector3 a, Vector3 b)
    {
        float dx = a.X - b.X, dy = a.Y - b.Y, dz = a.Z - b.Z;
        float x = dx * dx, y = dy * dy, z = dz * dz;
        return (x + y) + z;
    }

    /// <summary>Indices of samples, each the farthest from those before it; the first is point 0. Of equally far points the lowest index.</summary>
    public static int[] FarthestPoints(Vector3[] points, int count)
    {
        float[] nearest = new float[points.Length];
        Array.Fill(nearest, float.PositiveInfinity);
        int[] samples = new int[count];
        for (int s = 1; s < count; s++)
        {
            int farthest = 0;
            for (int i = 0; i < points.Length; i++)
            {
                nearest[i] = MathF.Min(nearest[i], SquaredDistance(points[i], points[samples[s - 1]]));
                if (nearest[i] > nearest[farthest]) farthest = i;
            }
            samples[s] = farthest;
        }
        return samples;
    }

    /// <summary>
    /// Per centre the first <paramref name="count"/> points of its ball by index, [centres, count]; the first one repeats where there are
    /// fewer (point 0 in an empty ball).
    /// </summary>
    public static int[] Ball(Vector3[] points, Vector3[] centres, float radius, int count, bool exclusive)
    {
        float limit = radius * radius;
        int[] result = new int[centres.Length * count];
        for (int c = 0; c < centres.Length; c++)
        {
            Span<int> group = result.AsSpan(c * count, count);
            int found = 0;
            for (int i = 0; i < points.Length && found < count; i++)
            {
                float distance = SquaredDistance(centres[c], points[i]);
                if (exclusive ? distance < limit : distance <= limit) group[found++] = i;
            }
            group[found..].Fill(found > 0 ? group[0] : 0);
        }
        return result;
    }

    /// <summary>
    /// Per fine point its three nearest coarse ones, [fine, 3], by distance and then by index, and their weights, which sum to 1. With fewer
    /// than three the nearest one fills the rest with weight 0.
    /// </summary>
    public static (int[] Nearest, double[] Weights) ThreeNearest(Vector3[] fine, Vector3[] coarse, InterpolationWeight kind)
    {
        int[] nearest = new int[3 * fine.Length];
        double[] weights = new double[3 * fine.Length];
        for (int f = 0; f < fine.Length; f++)
        {
            Span<int> three = nearest.AsSpan(3 * f, 3);
            Span<double> shares = weights.AsSpan(3 * f, 3);
            Span<float> distances = [float.PositiveInfinity, float.PositiveInfinity, float.PositiveInfinity];
            int found = 0;
            for (int c = 0; c < coarse.Length; c++)
            {
                float distance = SquaredDistance(fine[f], coarse[c]);
                int place = found;
                while (place > 0 && distance < distances[place - 1]) place--;
                if (place == 3) continue;
                found = Math.Min(found + 1, 3);
                for (int later = found - 1; later > place; later--)
                    (distances[later], three[later]) = (distances[later - 1], three[later - 1]);
                (distances[place], three[place]) = (distance, c);
            }

            double sum = 0;
            for (int n = 0; n < found; n++)
            {
                double distance = kind == InterpolationWeight.InverseSquaredDistance ? distances[n] : Math.Sqrt(distances[n]);
                shares[n] = 1 / (distance + 1e-8);
                sum += shares[n];
            }
            for (int n = 0; n < found; n++) shares[n] /= sum;
            three[found..].Fill(three[0]);
        }
        return (nearest, weights);
    }
}
