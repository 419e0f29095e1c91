namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>What covers a place.</summary>
internal enum LandUse
{
    /// <summary>Meadow and fields, with single trees and shrubs.</summary>
    Open,

    /// <summary>Woodland.</summary>
    Forest,

    /// <summary>Houses, gardens, streets.</summary>
    Town,
}

/// <summary>
/// The bare world: hills of value noise, a river in a valley every kilometre, streets and a power line at regular distances, and what
/// covers the ground. A pure function of place and seed, so that any part of it can be made at any time. Metres throughout.
/// </summary>
internal sealed class Terrain(ulong seed)
{
    /// <summary>Height around which the hills lie; the flight's altitude is relative to it.</summary>
    public const double MeanHeight = 230;

    /// <summary>Half the width of a street.</summary>
    public const double StreetHalfWidth = 3;

    private const double RiverPeriod = 1024, RiverHalfWidth = 8, BankWidth = 6, ValleyHalfWidth = 150;
    private const double StreetPeriodX = 128, StreetPeriodY = 96;
    private const double PowerLinePeriod = 512;

    private readonly double _townBias = 0.5 * (2 * Dice.At(seed, 1, 0, 100) - 1);
    private readonly double _forestBias = 0.3 * (2 * Dice.At(seed, 2, 0, 100) - 1);

    /// <summary>The seed that everything follows from.</summary>
    public ulong Seed => seed;

    /// <summary>Height of the ground, or of the river's bed.</summary>
    public double Height(double x, double y)
    {
        double hills = MeanHeight + 25 * Noise(x / 2900, y / 2900, 1) + 14 * Noise(x / 520, y / 520, 2) + 4.5 * Noise(x / 170, y / 170, 3)
            + 1.1 * Noise(x / 52, y / 52, 4) + 0.22 * Noise(x / 13, y / 13, 5);
        double distance = RiverDistance(x, y);
        if (distance >= ValleyHalfWidth) return hills;
        double level = WaterLevel(x, y);
        if (distance <= RiverHalfWidth) return level - 1.5 * (1 - distance / RiverHalfWidth) - 0.05;
        double bank = level + 2.2 * Smooth((distance - RiverHalfWidth) / BankWidth);
        double floor = bank + 0.15 * Noise(x / 13, y / 13, 5);
        double rise = Smooth((distance - RiverHalfWidth - BankWidth) / (ValleyHalfWidth - RiverHalfWidth - BankWidth));
        return floor + (Math.Max(hills, level + 1.5) - floor) * rise;
    }

    /// <summary>Horizontal distance, along x, to the middle of the nearest river.</summary>
    public double RiverDistance(double x, double y)
    {
        double meander = 72 + 16 * (2 * Dice.At(seed, 3, 0, 100) - 1) + 14 * Noise(0.5, y / 90, 6) + 60 * (Noise(0.5, y / 800, 7) - Noise(0.5, 0, 7));
        double offset = x - meander;
        return Math.Abs(offset - RiverPeriod * Math.Round(offset / RiverPeriod));
    }

    /// <summary>Height of the river's surface at this place's y.</summary>
    public double WaterLevel(double x, double y) => MeanHeight - 9 + 3 * Noise(Math.Round(x / RiverPeriod), y / 1500, 8);

    /// <summary>What covers the ground.</summary>
    public LandUse Use(double x, double y)
    {
        if (Noise(x / 190, y / 190, 10) + _townBias > 0.02) return LandUse.Town;
        return Noise(x / 140, y / 140, 11) + _forestBias > 0.05 ? LandUse.Forest : LandUse.Open;
    }

    /// <summary>Whether grass stands high.</summary>
    public bool IsTallGrass(double x, double y) => Noise(x / 11, y / 11, 12) > 0.25;

    /// <summary>Distance to the middle of the nearest street, where there are any.</summary>
    public double StreetDistance(double x, double y) => Math.Min(LineDistance(x, StreetPeriodX, 40, 12, 20), LineDistance(y, StreetPeriodY, 38, 8, 21));

    /// <summary>The x of the power line nearest to a place; it runs along y.</summary>
    public double PowerLineX(double x)
    {
        double offset = 24 + 8 * (2 * Dice.At(seed, 4, 0, 100) - 1);
        return offset + PowerLinePeriod * Math.Round((x - offset) / PowerLinePeriod);
    }

    private double LineDistance(double position, double period, double offset, double jitter, long purpose)
    {
        double nearest = double.PositiveInfinity;
        long line = (long)Math.Floor((position - offset) / period);
        for (long i = line; i <= line + 1; i++)
            nearest = Math.Min(nearest, Math.Abs(position - (offset + period * i + jitter * (2 * Dice.At(seed, i, 0, purpose) - 1))));
        return nearest;
    }

    /// <summary>Smoothly interpolated random values at whole coordinates, −1 to 1.</summary>
    private double Noise(double x, double y, long purpose)
    {
        double column = Math.Floor(x), row = Math.Floor(y);
        long i = (long)column, j = (long)row;
        double u = Smooth(x - column), v = Smooth(y - row);
        double south = Dice.At(seed, i, j, purpose) + (Dice.At(seed, i + 1, j, purpose) - Dice.At(seed, i, j, purpose)) * u;
        double north = Dice.At(seed, i, j + 1, purpose) + (Dice.At(seed, i + 1, j + 1, purpose) - Dice.At(seed, i, j + 1, purpose)) * u;
        return 2 * (south + (north - south) * v) - 1;
    }

    private static double Smooth(double t)
    {
        t = Math.Clamp(t, 0, 1);
        return t * t * t * (t * (t * 6 - 15) + 10);
    }
}
