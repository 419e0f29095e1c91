using System.Collections.Concurrent;
using System.Threading.Tasks.Dataflow;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Storage;
using Polly;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// Sends the inputs of a run into its first stage, in order, waits for what becomes of each, sends those again that may succeed the
/// next time, and accepts what is final.
/// </summary>
internal sealed class InputFeed(ITargetBlock<CloudWork> first, StallWatch watch, SegmentationOptions options, RunProgress progress, RunJournal? journal)
{
    private readonly ConcurrentBag<CloudWork> _left = [];

    private readonly ResiliencePipeline<InputOutcome> _retry =
        Backoff.OfInputs(options.Faults, (outcome, text) => progress.Warn(outcome.Ordinal, $"{outcome.Summary.Input}: {text}"));

    /// <summary>Feeds all inputs whose end is not known yet, and completes the first stage when the last is over.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="atOnce">How many may be on their way or wait for another attempt.</param>
    /// <param name="stop">Cancelled where the run must end.</param>
    /// <exception cref="RunStoppedException">More inputs failed than are allowed, or the ledger cannot be written.</exception>
    public async Task RunAsync(IReadOnlyList<SegmentationInput> inputs, int atOnce, CancellationTokenSource stop)
    {
        using SemaphoreSlim window = new(atOnce);
        List<Task> fed = [];
        try
        {
            FailureTally failures = await FailureTally.OfAsync(options.Limits.MaxFailures, inputs, i => progress.Find(i) is { Status: InputStatus.Skipped, Points: var points } ? points : null, options.Reading, stop.Token).ConfigureAwait(false);
            for (int i = 0; i < inputs.Count; i++)
            {
                if (progress.IsFinished(i)) continue;
                await window.WaitAsync(stop.Token).ConfigureAwait(false);
                fed.Add(FeedAsync(inputs[i], i, failures, window, stop));
            }
        }
        catch (StorageException lost)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw new RunStoppedException(lost.Message, lost);
        }
        catch (OperationCanceledException)
        {
            // Those that were sent know better why, and so do the stages.
        }

        await Task.WhenAll(fed).ConfigureAwait(false);
        first.Complete();
    }

    /// <summary>
    /// Tells of inputs that a stage was writing when the run was ended, and that were written all the same: they are done and recorded. To be
    /// called when all stages are over.
    /// </summary>
    public void TellLate()
    {
        foreach (CloudWork cloud in _left)
            if (cloud.Over is { IsCompletedSuccessfully: true, Result: { Fault: null } outcome }) progress.Finish(outcome);
    }

    private async Task FeedAsync(SegmentationInput input, int ordinal, FailureTally failures, SemaphoreSlim window, CancellationTokenSource stop)
    {
        try
        {
            int attempts = 0;
            InputOutcome outcome = await _retry.ExecuteAsync(
                token =>
                {
                    attempts++;
                    return SendAsync(input, ordinal, token);
                },
                stop.Token).ConfigureAwait(false);
            await AcceptAsync(input, outcome, attempts, failures).ConfigureAwait(false);
        }
        catch (RunStoppedException)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            window.Release();
        }
    }

    private async ValueTask<InputOutcome> SendAsync(SegmentationInput input, int ordinal, CancellationToken stop)
    {
        CloudWork cloud = new(input, ordinal, stop);
        watch.Add(cloud);
        try
        {
            await first.SendAsync(cloud, stop).ConfigureAwait(false);
            InputOutcome outcome = await cloud.Over.WaitAsync(stop).ConfigureAwait(false);
            cloud.Dispose(); // but not where the run ends: stages may still be at it
            return outcome;
        }
        catch (OperationCanceledException)
        {
            _left.Add(cloud);
            throw;
        }
        finally
        {
            watch.Remove(cloud);
        }
    }

    /// <summary>That the input is another one than when it was listed, or gone, whatever it failed of: half of one and half of another is damaged, too. Null where it is neither.</summary>
    private static async Task<ObjectChangedException?> ChangeAsync(SegmentationInput input, StageFaultException fault)
    {
        if (fault.InnerException is ObjectChangedException known) return known;
        try
        {
            return await input.FindChangeAsync().ConfigureAwait(false);
        }
        catch (StorageException)
        {
            return null; // the fault itself is then all that is known
        }
    }

    private async Task AcceptAsync(SegmentationInput input, InputOutcome outcome, int attempts, FailureTally failures)
    {
        if (outcome.Fault is not null && await ChangeAsync(input, outcome.Fault).ConfigureAwait(false) is { } change)
        {
            string error = change.Found is null ? "is gone since the run began" : "still changes; it is left for the next run";
            progress.PassOver(outcome.Ordinal, outcome.Summary with { Status = InputStatus.Changing, Error = error });
            progress.Warn(outcome.Ordinal, $"{input.Path}: {error}");
            return;
        }

        // A store that does not answer would fail every input after this one too: better go on the next night.
        if (outcome.Fault?.InnerException is StorageException lost) throw new RunStoppedException(lost.Message, lost);
        if (outcome.Fault is not null && journal is not null) await journal.FailedAsync(input, outcome.Fault, attempts).ConfigureAwait(false);
        progress.Finish(outcome);
        if (outcome.Summary.Status == InputStatus.Partial) progress.Warn(outcome.Ordinal, $"{input.Path}: {outcome.Summary.Error}");
        if (outcome.Fault is not null && failures.Add(outcome.Ordinal) is { } tooMany) throw new RunStoppedException($"{tooMany}; the last was {input.Path}", outcome.Fault);
    }
}
