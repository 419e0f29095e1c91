using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>
/// Measures scan lines into columns. A line's points depend on seed, plan and line alone, so any number of scanners may share the work.
/// Not safe for use by several threads.
/// </summary>
internal sealed class SurveyScanner(ulong seed)
{
    /// <summary>The attributes that are filled.</summary>
    public const PointAttributes Attributes = PointAttributes.Intensity | PointAttributes.ReturnNumber | PointAttributes.NumberOfReturns
        | PointAttributes.Classification | PointAttributes.ClassificationFlags | PointAttributes.ScanDirectionFlag | PointAttributes.EdgeOfFlightLine
        | PointAttributes.ScanAngle | PointAttributes.PointSourceId | PointAttributes.GpsTime;

    /// <summary>The square's south-west corner in the reference system.</summary>
    public const double OriginX = 600_000, OriginY = 5_300_000;

    private const double RangeNoise = 0.015, PositionNoise = 0.03;
    private const double FullScale = 2600;

    private readonly LaserBeam _beam = new(new World(seed));

    /// <summary>Appends the points of a segment that lie in the square, pulse by pulse, each pulse's returns from the top down.</summary>
    public void Scan(FlightPlan plan, ScanSegment segment, PointColumns columns)
    {
        (int first, int end) = plan.Pulses(segment.Strip);
        for (long line = segment.FirstLine; line < segment.FirstLine + segment.Lines; line++)
        {
            bool east = FlightPlan.SweepsEast(line);
            Dice dice = new(seed, segment.Strip, line, 60);
            _beam.Restart();
            columns.EnsureCapacity(columns.Count + (end - first) * LaserBeam.MaxEchoes);
            for (int i = first; i < end; i++) Fire(plan, segment, line, east ? i : end - 1 - (i - first), east, ref dice, columns);
        }
    }

    private void Fire(FlightPlan plan, in ScanSegment segment, long line, int pulse, bool east, ref Dice dice, PointColumns columns)
    {
        Span<Echo> echoes = stackalloc Echo[LaserBeam.MaxEchoes];
        int strip = segment.Strip;
        double tangent = plan.Tangent(pulse), track = FlightPlan.Track(strip), y = plan.Y(segment, line, pulse);
        double x = track + tangent * (FlightPlan.FlyingHeight + Terrain.MeanHeight);
        int count = _beam.Trace(x, -tangent, y, ref dice, echoes);
        if (count == 0) return;

        double ground = x - tangent * echoes[count - 1].Z;
        // Where two strips cover a place, the one flown further away is the overlap.
        bool overlap = (strip > 0 && ground - FlightPlan.Track(strip - 1) < track - ground)
            || (strip < plan.Strips - 1 && FlightPlan.Track(strip + 1) - ground < ground - track);
        bool edge = pulse == (east ? plan.PulsesPerLine - 1 : 0);
        float angle = (float)Degrees(tangent);
        double time = plan.Time(segment, line, pulse);
        double range = dice.Bell() * RangeNoise, eastward = dice.Bell() * PositionNoise, northward = dice.Bell() * PositionNoise;
        for (int echo = 0; echo < count; echo++)
        {
            Echo met = echoes[echo];
            double px = x - tangent * met.Z + eastward;
            if (px < 0 || px >= plan.Edge) continue;
            int at = columns.Count++;
            columns.X[at] = OriginX + px;
            columns.Y[at] = OriginY + y + northward;
            columns.Z[at] = met.Z + range;
            columns.Intensity![at] = (ushort)Math.Clamp(met.Brightness * FullScale * (1 + 0.12 * dice.Bell()), 1, ushort.MaxValue);
            columns.ReturnNumber![at] = (byte)(echo + 1);
            columns.NumberOfReturns![at] = (byte)count;
            columns.Classification![at] = met.Code;
            columns.ClassificationFlags![at] = overlap ? ClassificationFlags.Overlap : ClassificationFlags.None;
            columns.ScanDirectionFlag![at] = east ? (byte)1 : (byte)0;
            columns.EdgeOfFlightLine![at] = edge ? (byte)1 : (byte)0;
            columns.ScanAngle![at] = angle;
            columns.PointSourceId![at] = (ushort)(strip + 1);
            columns.GpsTime![at] = time;
        }
    }

    /// <summary>The arc tangent in degrees, by its series: exact to 0.001° up to 20°, and the same on every machine.</summary>
    private static double Degrees(double tangent)
    {
        double square = tangent * tangent;
        return tangent * (1 - square * (1.0 / 3 - square * (1.0 / 5 - square * (1.0 / 7 - square / 9)))) * (180 / Math.PI);
    }
}
