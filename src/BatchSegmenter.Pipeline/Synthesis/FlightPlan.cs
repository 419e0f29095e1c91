namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>Scan lines of one flight line that are measured together.</summary>
/// <param name="Strip">The flight line, from 0, west to east.</param>
/// <param name="FirstLine">The first scan line, in order of flight.</param>
/// <param name="Lines">How many.</param>
/// <param name="LineSpacing">How far the aircraft flies during one sweep, metres.</param>
internal readonly record struct ScanSegment(int Strip, long FirstLine, int Lines, double LineSpacing);

/// <summary>
/// Parallel flight lines over a square, north and back south, with strips that overlap. The scanner sweeps across the line of flight to
/// and fro; pulses are equally far apart on level ground. Only pulses that can reach the square are fired.
/// </summary>
internal sealed class FlightPlan(double edge, double spacing)
{
    /// <summary>Height of the aircraft above the mean ground, metres.</summary>
    public const double FlyingHeight = 600;

    /// <summary>Tangent of the widest scan angle, 20°.</summary>
    public const double WidestTangent = 0.36397;

    private const double StripSpacing = 330, FirstStrip = -90;
    private const double Speed = 60, TurnSeconds = 180, StartTime = 460_000_000;

    /// <summary>How far outside the square, on level ground, pulses are fired: tall objects and hills may bring them back in.</summary>
    private const double Apron = 30;

    /// <summary>Edge of the square.</summary>
    public double Edge => edge;

    /// <summary>Flight lines. One that would see less than 25 m of the square is not flown: the strip before it reaches the edge.</summary>
    public int Strips { get; } = 1 + (int)Math.Max(0, Math.Floor((edge + WidestTangent * FlyingHeight - 25 - FirstStrip) / StripSpacing));

    /// <summary>Pulses of a whole sweep.</summary>
    public int PulsesPerLine { get; } = (int)(2 * WidestTangent * FlyingHeight / spacing);

    /// <summary>The x above which a strip is flown.</summary>
    public static double Track(int strip) => FirstStrip + StripSpacing * strip;

    /// <summary>The pulses of a strip's sweeps that can reach the square, counted from the west: from the first up to but without the second.</summary>
    public (int First, int End) Pulses(int strip)
    {
        double west = (-Apron - Track(strip)) / FlyingHeight, east = (edge + Apron - Track(strip)) / FlyingHeight, step = spacing / FlyingHeight;
        return ((int)Math.Clamp((west + WidestTangent) / step, 0, PulsesPerLine), (int)Math.Clamp((east + WidestTangent) / step + 1, 0, PulsesPerLine));
    }

    /// <summary>Tangent of a pulse's angle, positive to the east.</summary>
    public double Tangent(int pulse) => (pulse + 0.5) * (spacing / FlyingHeight) - WidestTangent;

    /// <summary>Sweeps go east and west in turn.</summary>
    public static bool SweepsEast(long line) => (line & 1) == 0;

    /// <summary>Where the aircraft is along y when a pulse of a line is fired.</summary>
    public double Y(in ScanSegment segment, long line, int pulse)
    {
        double along = (line + Progress(line, pulse)) * segment.LineSpacing;
        return (segment.Strip & 1) == 0 ? along : edge - along;
    }

    /// <summary>Adjusted standard GPS time of a pulse, seconds; it grows with strip, line, and along the sweep.</summary>
    public double Time(in ScanSegment segment, long line, int pulse) =>
        StartTime + segment.Strip * (edge / Speed + TurnSeconds) + (line + Progress(line, pulse)) * (segment.LineSpacing / Speed);

    /// <summary>
    /// A strip's scan lines in order of time, in portions of about as many pulses as told. The last strip goes on without end, so that as
    /// many points as are wanted can be measured.
    /// </summary>
    public IEnumerable<ScanSegment> Segments(int strip, double lineSpacing, int pulses)
    {
        (int first, int end) = Pulses(strip);
        int lines = Math.Clamp(pulses / Math.Max(1, end - first), 1, 4096);
        long crossing = strip == Strips - 1 ? long.MaxValue : Math.Max(1, (long)Math.Round(edge / lineSpacing));
        for (long line = 0; line < crossing; line += lines)
            yield return new ScanSegment(strip, line, (int)Math.Min(lines, crossing - line), lineSpacing);
    }

    private double Progress(long line, int pulse) => (SweepsEast(line) ? pulse : PulsesPerLine - 1 - pulse) / (double)PulsesPerLine;
}
