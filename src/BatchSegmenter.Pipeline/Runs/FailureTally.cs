using System.Globalization;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Options;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// Counts what fails in a run, against what may. Shares are of all inputs of the run, those that earlier runs have done included, so that a night with
/// one new file that is broken is not a night that failed altogether. May be called from any thread.
/// </summary>
internal sealed class FailureTally
{
    private readonly FailureLimit _limit;
    private readonly long[] _weights;
    private readonly long _all;
    private long _failed;

    private FailureTally(FailureLimit limit, long[] weights) => (_limit, _weights, _all) = (limit, weights, weights.Sum());

    /// <summary>The tally of a run that has not failed anywhere yet.</summary>
    /// <param name="limit">What may fail.</param>
    /// <param name="inputs">All inputs of the run.</param>
    /// <param name="known">Points of an input where they are known already, else null.</param>
    /// <param name="reading">How inputs are read.</param>
    /// <param name="cancellation">Ends the reading of headers, which is done where the limit is of points.</param>
    public static async Task<FailureTally> OfAsync(
        FailureLimit limit, IReadOnlyList<SegmentationInput> inputs, Func<int, long?> known, PointReadOptions reading, CancellationToken cancellation = default)
    {
        if (!NeedsPoints(limit)) return Of(limit, inputs, _ => null);
        InputHeader[] headers = await InputHeaders.ReadAsync(inputs, reading, i => known(i) is null, cancellation).ConfigureAwait(false);
        return Of(limit, inputs, i => known(i) ?? headers[i].Header?.PointCount);
    }

    /// <summary>The same where all points that can be known are known.</summary>
    public static FailureTally Of(FailureLimit limit, IReadOnlyList<SegmentationInput> inputs, Func<int, long?> points) =>
        new(limit, NeedsPoints(limit) ? Points(inputs, points) : [.. inputs.Select(_ => 1L)]);

    /// <summary>
    /// Points of each input. One whose header cannot be read counts as many as its bytes would hold at the others' bytes per point; where no header can be
    /// read, each counts its bytes.
    /// </summary>
    internal static long[] Points(IReadOnlyList<SegmentationInput> inputs, Func<int, long?> points)
    {
        (double readable, double bytes) = (0, 0);
        for (int i = 0; i < inputs.Count; i++)
            if (points(i) is { } count) (readable, bytes) = (readable + count, bytes + inputs[i].Bytes);
        double perByte = readable > 0 && bytes > 0 ? readable / bytes : 1;
        return [.. inputs.Select((input, i) => points(i) ?? (long)Math.Ceiling(input.Bytes * perByte))];
    }

    /// <summary>Counts an input that failed.</summary>
    /// <returns>That more failed than may, in words; null while it did not.</returns>
    public string? Add(int ordinal)
    {
        long failed = Interlocked.Add(ref _failed, _weights[ordinal]);
        if (!_limit.IsExceeded(failed, _all)) return null;
        string what = _limit.Measure switch
        {
            FailureMeasure.Inputs => string.Create(CultureInfo.InvariantCulture, $"{failed} {(failed == 1 ? "input" : "inputs")} failed"),
            FailureMeasure.ShareOfInputs => string.Create(CultureInfo.InvariantCulture, $"{failed} of {_all} inputs failed"),
            _ => string.Create(CultureInfo.InvariantCulture, $"inputs with {failed:N0} of {_all:N0} points failed"),
        };
        return $"{what}, but limits.maxFailures allows {_limit}";
    }

    private static bool NeedsPoints(FailureLimit limit) => !limit.IsUnlimited && limit.Measure == FailureMeasure.ShareOfPoints;
}
