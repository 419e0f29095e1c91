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

    /// <summary>The flight is planned for so many points too many, since the trial is a sample; it ends when there are enough.</summary>
    private const double Surplus = 1.03;

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
        FlightPlan plan = Plan(options);
        int workers = Environment.ProcessorCount;
        Stack<SurveyScanner> scanners = new(Enumerable.Range(0, workers).Select(_ => new SurveyScanner(options.Seed)));
        Stack<PointColumns> free = new();
        Queue<Task<(SurveyScanner, PointColumns)>> underway = new();
        using IEnumerator<ScanSegment> segments = plan.Segments(PulsesPerSegment).GetEnumerator();
        long remaining = options.Points;
        try
        {
            while (remaining > 0)
            {
                while (scanners.Count > 0 && segments.MoveNext())
                {
                    SurveyScanner scanner = scanners.Pop();
                    PointColumns columns = free.TryPop(out PointColumns? used) ? used : new PointColumns(1 << 16, Attributes);
                    ScanSegment segment = segments.Current;
                    underway.Enqueue(Task.Run(() =>
                    {
                        columns.Count = 0;
                        scanner.Scan(plan, segment, columns);
                        return (scanner, columns);
                    }, cancellation));
                }

                (SurveyScanner idle, PointColumns measured) = underway.Dequeue().GetAwaiter().GetResult();
                scanners.Push(idle);
                measured.Count = (int)Math.Min(measured.Count, remaining);
                remaining -= measured.Count;
                if (measured.Count > 0) yield return measured;
                free.Push(measured);
                cancellation.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // Nobody may still write into columns when the caller goes on; faults of lines beyond the last point do not matter.
            foreach (Task task in underway) ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
        }
    }

    /// <summary>Chooses how far apart pulses are, so that the square gives the points wanted.</summary>
    private static FlightPlan Plan(SynthesisOptions options)
    {
        double spacing = 1 / Math.Sqrt(options.Density);
        FlightPlan trial = new(options.Edge, spacing);
        SurveyScanner scanner = new(options.Seed);
        PointColumns columns = new(1 << 14, Attributes);
        long lines = trial.Strips * trial.LinesPerStrip, step = Math.Max(1, lines / TrialLines), measured = 0, points = 0;
        for (long line = step / 2; line < lines; line += step, measured++)
        {
            columns.Count = 0;
            scanner.Scan(trial, new ScanSegment((int)(line / trial.LinesPerStrip), line % trial.LinesPerStrip, 1), columns);
            points += columns.Count;
        }

        double expected = (double)points / measured * lines;
        return expected < 1 ? trial : new FlightPlan(options.Edge, spacing * Math.Sqrt(expected / (options.Points * Surplus)));
    }
}
