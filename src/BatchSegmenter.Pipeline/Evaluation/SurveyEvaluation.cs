namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>Compares predicted classes with true ones, file by file.</summary>
public static class SurveyEvaluation
{
    /// <summary>Coordinates that differ by more than this, in the file's units, are no rounding.</summary>
    private const double SamePlace = 0.05;

    /// <summary>Pairs the files, counts, and sums up. Memory holds one pair of files at a time.</summary>
    /// <exception cref="FileNotFoundException">A path does not exist.</exception>
    /// <exception cref="EvaluationException">Nothing can be paired, point counts differ, or a column is missing or damaged.</exception>
    /// <exception cref="Formats.PointCloudException">A point cloud is damaged or unsupported.</exception>
    public static async Task<EvaluationReport> RunAsync(EvaluationOptions options, CancellationToken cancellation = default)
    {
        (IReadOnlyList<CloudPair> pairs, IReadOnlyList<string> pairing) = CloudPairing.Pair(options.Predicted, options.Truth);
        return await RunAsync(pairs, pairing, options, cancellation).ConfigureAwait(false);
    }

    /// <summary>Counts pairs that were found otherwise, and sums up.</summary>
    /// <param name="pairs">At least one.</param>
    /// <param name="pairing">What is to be said of how they were found.</param>
    /// <param name="options">Which classes count; its paths are not looked at.</param>
    /// <param name="cancellation">Ends it between two pairs.</param>
    /// <inheritdoc cref="RunAsync(EvaluationOptions, CancellationToken)"/>
    internal static async Task<EvaluationReport> RunAsync(
        IReadOnlyList<CloudPair> pairs, IReadOnlyList<string> pairing, EvaluationOptions options, CancellationToken cancellation)
    {
        byte[] map = options.MapTable();
        ScoreTally pooled = new();
        List<FileScores> files = [];
        List<string> warnings = [.. pairing];
        foreach (CloudPair pair in pairs)
        {
            cancellation.ThrowIfCancellationRequested();
            LabelledCloud predicted = await LabelledCloudReader.ReadAsync(pair.Predicted, cancellation).ConfigureAwait(false);
            LabelledCloud truth = await LabelledCloudReader.ReadAsync(pair.Truth, cancellation).ConfigureAwait(false);
            if (predicted.Count != truth.Count)
                throw new EvaluationException($"{pair.Name}: {predicted.Count} points are predicted ({pair.Predicted[0]}), but truth has {truth.Count} ({pair.Truth[0]}); both must hold the same points.");
            if (Displaced(predicted, truth) is { } displaced) warnings.Add($"{pair.Name}: {displaced}");

            ScoreTally tally = new();
            tally.Add(pair.Name, predicted, truth, map, options.Ignore);
            pooled.Add(tally);
            files.Add(new FileScores(pair.Name, tally.Score()));
        }

        Scores scores = pooled.Score();
        warnings.AddRange(Hints(scores));
        return new EvaluationReport(scores)
        {
            Sites = new SiteScores(Spread(files, file => file.OverallAccuracy), Spread(files, file => file.MeanIou)),
            Files = files,
            Mapped = [.. options.Map.OrderBy(pair => pair.Key).Select(pair => new CodeMapping(pair.Key, pair.Value))],
            Warnings = warnings,
        };
    }

    /// <summary>Tells whether the same index means another place on the two sides: then the figures mean nothing.</summary>
    private static string? Displaced(LabelledCloud predicted, LabelledCloud truth)
    {
        if (predicted.X is null || predicted.Y is null || truth.X is null || truth.Y is null) return null;
        int displaced = 0;
        for (int i = 0; i < truth.Count; i++)
            if (Math.Abs(predicted.X[i] - truth.X[i]) > SamePlace || Math.Abs(predicted.Y[i] - truth.Y[i]) > SamePlace) displaced++;
        return displaced == 0 ? null
            : $"{displaced} of {truth.Count} points lie elsewhere in the prediction than in the truth of the same point_index; are these the same points in the same order?";
    }

    private static IEnumerable<string> Hints(Scores scores)
    {
        ClassScore[] never = [.. scores.Classes.Where(score => score.Predicted == 0)];
        bool vegetation = never.Any(score => score.Code is 3 or 4 or 5) || scores.Classes.Any(score => score is { Code: 3 or 4 or 5, Truth: 0 });
        if (vegetation) yield return "truth and prediction divide vegetation differently; --map 3=5 --map 4=5 merges it.";
        ClassScore[] others = [.. never.Where(score => score.Code is not (3 or 4 or 5))];
        if (others.Length > 0)
            yield return $"never predicted: {string.Join(", ", others.Select(score => $"{score.Code} {score.Name} ({score.Truth} points)"))}; --ignore CODE leaves a class out, --map CODE=CODE reads it as another.";
    }

    private static SiteSpread? Spread(IEnumerable<FileScores> files, Func<FileScores, double?> figure)
    {
        (double Value, string Name)[] values = [.. files.Where(file => figure(file) is not null).Select(file => (figure(file)!.Value, file.Name)).OrderBy(pair => pair.Item1)];
        if (values.Length == 0) return null;
        double median = (values[(values.Length - 1) / 2].Value + values[values.Length / 2].Value) / 2;
        return new SiteSpread(values.Average(pair => pair.Value), median, values[0].Value, values[0].Name);
    }
}
