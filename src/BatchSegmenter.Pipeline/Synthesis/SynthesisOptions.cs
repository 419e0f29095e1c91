namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>What a simulated survey is to be like. The same options give the same points.</summary>
public sealed record SynthesisOptions
{
    /// <summary>Points to make, 1 to 100 thousand million; exactly so many are made.</summary>
    public required long Points { get; init; }

    internal const long MostPoints = 100_000_000_000;

    /// <summary>The world and the flight over it.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Points per square metre, 0.05 to 200, averaged over the surveyed square and all returns.</summary>
    public double Density { get; init; } = 8;

    /// <summary>Edge of the surveyed square, metres.</summary>
    public double Edge => Math.Sqrt(Points / Density);

    /// <exception cref="ArgumentOutOfRangeException">A value is outside its range.</exception>
    internal void Validate()
    {
        if (Points is < 1 or > MostPoints) throw new ArgumentOutOfRangeException(nameof(Points), Points, $"expected 1 to {MostPoints} points");
        if (Density is not (>= 0.05 and <= 200)) throw new ArgumentOutOfRangeException(nameof(Density), Density, "expected 0.05 to 200 points per square metre");
    }
}
