using System.Runtime.InteropServices;
using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Training;

/// <summary>
/// Makes one survey look like another site, sensor and flight: turned, mirrored, stretched, tilted, thinned by whole pulses, jittered,
/// with noisy or missing intensity and returns. Ground and features are measured afterwards, from what is left, as they would be at inference.
/// </summary>
/// <remarks>
/// Every choice comes from the random source alone, so that one seed gives one result.
/// </remarks>
public sealed class SurveyAugmentation
{
    private const int LeastPoints = 4000;

    private readonly Random _random;

    /// <param name="random">Source of every choice.</param>
    public SurveyAugmentation(Random random) => _random = random;

    /// <summary>A changed copy of <paramref name="survey"/>, whose coordinates are metres.</summary>
    /// <param name="survey">Positions, intensity, returns, gps time, classification and flags.</param>
    /// <param name="sparsest">Lowest density to thin down to, points/m².</param>
    /// <param name="density">The survey's own density, points/m².</param>
    public PointColumns Apply(PointColumns survey, double sparsest, double density)
    {
        PointColumns changed = Thin(survey, KeptShare(survey.Count, sparsest, density));
        Move(changed);
        ChangeIntensity(changed);
        ChangeReturns(changed);
        return changed;
    }

    private double KeptShare(int points, double sparsest, double density)
    {
        if (_random.NextDouble() < 0.35 || density <= sparsest) return 1;
        double share = Math.Exp(_random.NextDouble() * Math.Log(sparsest / density));
        return Math.Min(1, Math.Max(share, (double)LeastPoints / points));
    }

    private PointColumns Thin(PointColumns survey, double share)
    {
        ulong salt = (ulong)_random.NextInt64();
        bool hasTime = survey.GpsTime!.AsSpan(0, survey.Count).ContainsAnyExcept(survey.GpsTime![0]);
        ulong limit = share >= 1 ? ulong.MaxValue : (ulong)(share * ulong.MaxValue);
        List<int> kept = new((int)(survey.Count * Math.Min(1, share * 1.1)) + 16);
        for (int i = 0; i < survey.Count; i++)
        {
            // All returns of a pulse share its time, and so its fate.
            ulong pulse = hasTime ? BitConverter.DoubleToUInt64Bits(survey.GpsTime![i]) : (ulong)i;
            if (Mix(pulse ^ salt) <= limit) kept.Add(i);
        }

        PointColumns thinned = new(kept.Count, survey.Attributes);
        thinned.Append(survey, CollectionsMarshal.AsSpan(kept));
        return thinned;
    }

    private void Move(PointColumns points)
    {
        double angle = 2 * Math.PI * _random.NextDouble();
        double mirror = _random.Next(2) == 0 ? 1 : -1;
        double horizontal = Between(0.85, 1.18), vertical = horizontal * Between(0.85, 1.18);
        double slope = _random.NextDouble() < 0.35 ? Between(0, 0.45) : 0;
        double direction = 2 * Math.PI * _random.NextDouble();
        (double slopeX, double slopeY) = (slope * Math.Cos(direction), slope * Math.Sin(direction));
        double jitter = Between(0, 0.04);
        (double sin, double cos) = Math.SinCos(angle);
        (double middleX, double middleY) = points.Count == 0 ? default : (points.X[0], points.Y[0]);
        for (int i = 0; i < points.Count; i++)
        {
            double x = (points.X[i] - middleX) * horizontal * mirror, y = (points.Y[i] - middleY) * horizontal;
            points.X[i] = middleX + cos * x - sin * y + jitter * Normal();
            points.Y[i] = middleY + sin * x + cos * y + jitter * Normal();
            points.Z[i] = points.Z[i] * vertical + slopeX * x + slopeY * y + jitter * Normal();
        }
    }

    private void ChangeIntensity(PointColumns points)
    {
        Span<ushort> intensity = points.Intensity.AsSpan(0, points.Count);
        if (_random.NextDouble() < 0.25)
        {
            intensity.Clear();
            return;
        }

        double noise = Between(0, 0.3);
        foreach (ref ushort value in intensity) value = (ushort)Math.Clamp(value * Math.Exp(noise * Normal()), 0, ushort.MaxValue);
    }

    private void ChangeReturns(PointColumns points)
    {
        if (_random.NextDouble() >= 0.2) return;
        points.ReturnNumber.AsSpan(0, points.Count).Fill(1);
        points.NumberOfReturns.AsSpan(0, points.Count).Fill(1);
    }

    private double Between(double low, double high) => low + (high - low) * _random.NextDouble();

    /// <summary>A standard normal number, near enough: the sum of three uniform ones, which also bounds it.</summary>
    private double Normal() => 2 * (_random.NextDouble() + _random.NextDouble() + _random.NextDouble() - 1.5);

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
