namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>One return of a pulse.</summary>
/// <param name="Z">Height at which the beam met something.</param>
/// <param name="Code">ASPRS class of what it met.</param>
/// <param name="Brightness">Strength of the echo: reflectivity times the share of the light, about 0 to 1.</param>
internal record struct Echo(double Z, byte Code, double Brightness);

/// <summary>Follows pulses from the aircraft down through crowns and past wires to whatever stops them.</summary>
internal sealed class LaserBeam(World world)
{
    /// <summary>A pulse has at most so many returns.</summary>
    public const int MaxEchoes = 5;

    private const double TallestObject = 32;
    private const double StepInCrown = 0.7;
    private const double LeastLight = 0.12;
    private const byte Ground = 2, LowVegetation = 3, MediumVegetation = 4, HighVegetation = 5, LowNoise = 7, WaterClass = 9, WireConductor = 14, HighNoise = 18;

    /// <summary>Two echoes nearer than this, metres, reach the receiver as one.</summary>
    private const double Resolution = 0.6;

    private readonly Solid[] _porous = new Solid[24];
    private readonly double[] _hits = new double[64];
    private double _groundBefore = Terrain.MeanHeight;
    private int _porousCount, _hitCount;

    /// <summary>Forgets the pulses before, so that a scan line does not depend on who measured the line before it.</summary>
    public void Restart() => _groundBefore = Terrain.MeanHeight;

    /// <summary>
    /// The returns of one pulse, from the top down. At height z the beam is at <c>x + tilt·z</c>, <paramref name="y"/>.
    /// </summary>
    /// <returns>How many of <paramref name="echoes"/> are filled; 0 where the light is lost.</returns>
    public int Trace(double x, double tilt, double y, ref Dice dice, Span<Echo> echoes)
    {
        double ground = _groundBefore;
        WorldCell cell = world.At(x + tilt * ground, y);
        for (int i = 0; i < 3; i++)
        {
            cell = world.At(x + tilt * ground, y);
            ground = Math.Max(cell.Ground(x + tilt * ground, y), cell.Water(y));
        }

        _groundBefore = ground;
        double px = x + tilt * ground;
        if (dice.Happens(0.0002)) return Stray(ground, ref dice, echoes);

        // What stops the beam: the ground, unless something opaque stands above it.
        double stop = ground, margin = double.PositiveInfinity, wire = double.NegativeInfinity;
        int stopper = -1;
        Solid stopping = default;
        _porousCount = _hitCount = 0;
        WorldCell above = world.At(px + tilt * TallestObject, y);
        Scan(cell, x, tilt, y, ref stop, ref margin, ref wire, ref stopper, ref stopping);
        if (above != cell) Scan(above, x, tilt, y, ref stop, ref margin, ref wire, ref stopper, ref stopping);

        March(x, tilt, y, stop, ref dice);
        double light = 1, last = double.PositiveInfinity;
        int count = 0;
        if (wire > stop && dice.Happens(0.7)) Put(wire, WireConductor, 0.3, 0.35, echoes);
        for (int i = 0; i < _hitCount && light > LeastLight && count < MaxEchoes; i++)
            Put(_hits[i], 0, 0.5, dice.Next(0.3, 0.75), echoes);

        if (light <= LeastLight || count == MaxEchoes) return count;
        bool grazesRoof = stopper >= 0 && margin < 0.12 && stop - ground > 1;
        if (stopper >= 0)
        {
            Put(stop, stopping.Code, stopping.Brightness, grazesRoof ? 0.5 : 1, echoes);
            if (!grazesRoof || count == MaxEchoes) return count;
        }

        PutGround(cell, px, y, ref dice, echoes);
        return count;

        void PutGround(WorldCell cell, double px, double y, ref Dice dice, Span<Echo> echoes)
        {
            if (cell.Water(y) > cell.Ground(px, y))
            {
                // Still water mirrors the light away, the more the further from the vertical.
                if (dice.Happens(0.15 + 2.1 * Math.Abs(tilt))) return;
                Put(ground, WaterClass, Math.Abs(tilt) < 0.05 ? 1.2 : 0.08, 1, echoes);
                return;
            }

            bool street = cell.Use == LandUse.Town && world.Terrain.StreetDistance(px, y) < Terrain.StreetHalfWidth;
            if (!street && cell.Use != LandUse.Town && world.Terrain.IsTallGrass(px, y) && dice.Happens(0.4))
            {
                Put(ground + dice.Next(0.12, 0.48), LowVegetation, 0.5, 1, echoes);
                return;
            }

            Put(ground, Ground, street ? 0.17 : cell.Use == LandUse.Forest ? 0.38 : 0.55, 1, echoes);
        }

        void Put(double z, byte code, double reflectivity, double share, Span<Echo> echoes)
        {
            if (last - z < Resolution) return;
            if (code == 0)
            {
                double height = z - world.At(x + tilt * z, y).Ground(x + tilt * z, y);
                code = height < 0.5 ? LowVegetation : height < 2 ? MediumVegetation : HighVegetation;
            }

            echoes[count++] = new Echo(z, code, reflectivity * light * share);
            light *= 1 - share;
            last = z;
        }
    }

    /// <summary>Birds and clouds above, echoes of echoes below.</summary>
    private static int Stray(double ground, ref Dice dice, Span<Echo> echoes)
    {
        bool high = dice.Happens(0.5);
        echoes[0] = new Echo(ground + (high ? dice.Next(35, 180) : -dice.Next(1.5, 12)), high ? HighNoise : LowNoise, dice.Next(0.01, 0.1));
        return 1;
    }

    private void Scan(WorldCell cell, double x, double tilt, double y, ref double stop, ref double margin, ref double wire, ref int stopper, ref Solid stopping)
    {
        Solid[] solids = cell.Solids;
        for (int i = 0; i < solids.Length; i++)
        {
            ref readonly Solid solid = ref solids[i];
            if (solid.Shape != Shape.Wire)
            {
                // Most objects are nowhere near: the outline, widened by how far the beam moves between bottom and top.
                double reach = solid.HalfU + solid.HalfV, middle = (solid.Bottom + solid.Top) / 2;
                if (Math.Abs(y - solid.Y) > reach || Math.Abs(x + tilt * middle - solid.X) > reach + Math.Abs(tilt) * (solid.Top - middle)) continue;
            }

            if (solid.IsPorous)
            {
                bool seen = false;
                for (int j = 0; j < _porousCount && !seen; j++) seen = _porous[j].Id == solid.Id;
                if (!seen && _porousCount < _porous.Length) _porous[_porousCount++] = solid;
            }
            else if (solid.Meets(x, tilt, y, out double z, out double within))
            {
                if (solid.Shape == Shape.Wire) wire = Math.Max(wire, z);
                else if (z > stop)
                {
                    stop = z;
                    margin = within;
                    stopper = i;
                    stopping = solid;
                }
            }
        }
    }

    /// <summary>Steps down through every crown, and keeps where leaves are met, from the top down.</summary>
    private void March(double x, double tilt, double y, double stop, ref Dice dice)
    {
        for (int i = 0; i < _porousCount; i++)
        {
            ref readonly Solid solid = ref _porous[i];
            int met = 0;
            for (double z = solid.Top - StepInCrown * dice.Next(); z > Math.Max(stop + 0.05, solid.Bottom) && met < MaxEchoes && _hitCount < _hits.Length; z -= StepInCrown)
            {
                double px = x + tilt * z;
                if (!solid.Contains(px, y, z)) continue;
                // Leaves grow in clumps with holes between them.
                double clump = Dice.At((ulong)solid.Id, (long)Math.Floor(px * 1.1), (long)Math.Floor(y * 1.1), (long)Math.Floor(z * 0.9));
                if (!dice.Happens(solid.Leafiness * (0.25 + 1.5 * clump))) continue;
                _hits[_hitCount++] = z;
                met++;
            }
        }

        Span<double> hits = _hits.AsSpan(0, _hitCount);
        hits.Sort();
        hits.Reverse();
    }
}
