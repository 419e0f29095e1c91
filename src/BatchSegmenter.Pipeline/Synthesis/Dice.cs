using System.Runtime.CompilerServices;

namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>
/// Random numbers that depend on what they are for and not on what was drawn before: a place, a pulse. Integer arithmetic and
/// exact conversions alone, so that every machine draws the same. (The mixing is SplitMix64.)
/// </summary>
internal struct Dice
{
    private ulong _state;

    /// <summary>Dice for one place or event.</summary>
    public Dice(ulong seed, long a, long b, long purpose) =>
        _state = Mix(Mix(Mix(seed + 0x9E3779B97F4A7C15) ^ (ulong)a) ^ (ulong)b * 0xD6E8FEB86659FD93) ^ (ulong)purpose * 0xA0761D6478BD642F;

    /// <summary>From 0 up to but without 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return Unit(Mix(_state));
    }

    /// <summary>From <paramref name="low"/> up to but without <paramref name="high"/>.</summary>
    public double Next(double low, double high) => low + (high - low) * Next();

    /// <summary>Whether an event of the given probability happens.</summary>
    public bool Happens(double probability) => Next() < probability;

    /// <summary>A bell-shaped deviate of standard deviation 1, within ±3.46: four uniform ones added up.</summary>
    public double Bell() => (Next() + Next() + Next() + Next() - 2) * 1.7320508075688772;

    /// <summary>A number from 0 up to but without 1 that belongs to a lattice point.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double At(ulong seed, long a, long b, long c) =>
        Unit(Mix(seed ^ (ulong)a * 0x9E3779B97F4A7C15 ^ (ulong)b * 0xC2B2AE3D27D4EB4F ^ (ulong)c * 0x165667B19E3779F9));

    private static double Unit(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));

    private static ulong Mix(ulong bits)
    {
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
