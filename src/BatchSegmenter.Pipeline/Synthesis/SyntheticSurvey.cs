using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>
/// A simulated airborne laser survey with true classes: hills, a river, houses, trees, cars, a power line, noise. Made on all cores in
/// order of time, in memory that does not depend on the number of points; the same options give the same points.
/// </summary>
public static class SyntheticSurvey
{
    /// <summary>Scan lines measured on trial, to learn how many returns a pulse gives here.</summary>
    private const int TrialLines = 192;

    /// <summary>About so many strips are tried; the others are taken to be like the one before.</summary>
    private const int TrialStrips = 24;

    private const int PulsesPerSegment = 1 << 15;

    /// <summary>The attributes that the points have.</summary>
    public static PointAttributes Attributes => SurveyScanner.Attributes;

    /// <summary>
    /// The points, a run at a time, in order of GPS time. The columns are lent until the next run is asked for.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    public static IEnumerable<PointColumns> Generate(SynthesisOptions options, CancellationToken cancellation = default)
    {
        options.Validate();
        return Runs(options, cancellation);
    }

    private static IEnumerable<PointColumns> Runs(SynthesisOptions options, CancellationToken cancellation)
    {
        (FlightPlan plan, double[] expected) = Plan(options, cancellation);
        Stack<SurveyScanner> scanners = new(Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new SurveyScanner(options.Seed)));
        Stack<PointColumns> free = new();
        Queue<Task<(SurveyScanner, PointColumns)>> underway = new();
        long remaining = options.Points;
        try
        {
            for (int strip = 0; strip < plan.Strips && remaining > 0; strip++)
            {
                // What strips before gave too much or too little, this one and those after it make up for, by flying faster or slower.
                double lineSpacing = options.Edge * Math.Max(1e-9, expected[strip..].Sum()) / remaining;
                using IEnumerator<ScanSegment> segments = plan.Segments(strip, lineSpacing, PulsesPerSegment).GetEnumerator();
                while (remaining > 0)
                {
                    while (scanners.Count > 0 && segments.MoveNext()) underway.Enqueue(Start(plan, segments.Current, scanners.Pop(), free, cancellation));
                    if (underway.Count == 0) break;
                    (SurveyScanner idle, PointColumns measured) = underway.Dequeue().GetAwaiter().GetResult();
                    scanners.Push(idle);
                    measured.Count = (int)Math.Min(measured.Count, remaining);
                    remaining -= measured.Count;
                    if (measured.Count > 0) yield return measured;
                    free.Push(measured);
                    cancellation.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            // Nobody may still write into columns when the caller goes on; faults of lines beyond the last point do not matter.
            foreach (Task task in underway) ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
        }
    }

    private static Task<(SurveyScanner, PointColumns)> Start(
        FlightPlan plan, ScanSegment segment, SurveyScanner scanner, Stack<PointColumns> free, CancellationToken cancellation)
    {
        PointColumns columns = free.TryPop(out PointColumns? used) ? used : new PointColumns(1 << 16, Attributes);
        return Task.Run(() =>
        {
            columns.Count = 0;
            scanner.Scan(plan, segment, columns);
            return (scanner, columns);
        }, cancellation);
    }

    /// <summary>Chooses how far apart pulses are, so that the square gives the points wanted; and the points to expect of each strip's lines.</summary>
    private static (FlightPlan Plan, double[] Expected) Plan(SynthesisOptions options, CancellationToken cancellation)
    {
        double spacing = 1 / Math.Sqrt(options.Density);
        FlightPlan trial = new(options.Edge, spacing);
        SurveyScanner scanner = new(options.Seed);
        PointColumns columns = new(1 << 14, Attributes);
        double lines = Math.Max(1, options.Edge / spacing);
        int samples = (int)Math.Clamp(lines, 1, Math.Max(8, TrialLines / trial.Strips)), stride = Math.Max(1, trial.Strips / TrialStrips);
        double[] perLine = new double[trial.Strips];
        for (int strip = 0; strip < trial.Strips; strip++)
        {
            cancellation.ThrowIfCancellationRequested();
            // Strips in the middle of the square are alike; those at its sides see less of it.
            bool isMeasured = strip <= 1 || strip == trial.Strips - 1 || strip % stride == 0;
            if (!isMeasured)
            {
                perLine[strip] = perLine[strip - 1];
                continue;
            }

            columns.Count = 0;
            for (int sample = 0; sample < samples; sample++)
                scanner.Scan(trial, new ScanSegment(strip, (long)((sample + 0.5) / samples * lines), 1, spacing), columns);
            perLine[strip] = (double)columns.Count / samples;
        }

        double refinement = Math.Sqrt(Math.Max(1, perLine.Sum() * lines) / options.Points);
        FlightPlan plan = new(options.Edge, spacing * refinement);
        return (plan, Array.ConvertAll(perLine, points => points / refinement));
    }
}
