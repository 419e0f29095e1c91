using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>What an input's header says, or why it cannot be read.</summary>
/// <param name="Header">The header; null where there is a problem.</param>
/// <param name="Problem">What is wrong, in one line; null where the header was read.</param>
internal readonly record struct InputHeader(PointCloudHeader? Header, string? Problem);

/// <summary>
/// Reads headers of inputs, many at once, and decodes no point. Formats without a header (text, and clouds in archives that cannot be read from the
/// middle) are gone through once for their count.
/// </summary>
internal static class InputHeaders
{
    // Opening a file is waiting for a disk or a server, whatever the cores.
    private const int AtOnce = 16;

    /// <summary>The headers of all inputs for which <paramref name="wanted"/> is true, at the inputs' positions; the others are left empty.</summary>
    /// <exception cref="StorageException">A store does not answer: that is no fault of an input.</exception>
    public static async Task<InputHeader[]> ReadAsync(
        IReadOnlyList<SegmentationInput> inputs, PointReadOptions reading, Func<int, bool> wanted, CancellationToken cancellation = default)
    {
        InputHeader[] headers = new InputHeader[inputs.Count];
        int next = -1;
        await Task.WhenAll(Enumerable.Range(0, Math.Min(AtOnce, inputs.Count)).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) < headers.Length;)
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (wanted(i)) headers[i] = Read(inputs[i], reading);
                }
            },
            cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default))).ConfigureAwait(false);
        return headers;
    }

    private static InputHeader Read(SegmentationInput input, PointReadOptions reading)
    {
        try
        {
            using PointCloudReader reader = input.Open(reading);
            return new(reader.Header, null);
        }
        catch (Exception fault) when (fault is not StorageException or ObjectChangedException)
        {
            // Whatever it is, it would cost a run this input and no other.
            return new(null, fault.Message.ReplaceLineEndings(" "));
        }
    }
}
