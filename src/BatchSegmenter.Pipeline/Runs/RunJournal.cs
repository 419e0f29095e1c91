using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// One run's view of the ledger: which of its inputs are done already, with this bundle and these options, and what becomes of the others.
/// </summary>
/// <param name="ledger">The ledger of the output.</param>
/// <param name="bundle">Id of the bundle.</param>
/// <param name="options">Hash of the options that influence results.</param>
public sealed class RunJournal(RunLedger ledger, string bundle, string options)
{
    private const int ReadersAtOnce = 16;

    /// <summary>Where the run's outputs are.</summary>
    internal ObjectStore Outputs => ledger.Outputs;

    /// <summary>The run's id, as records name it.</summary>
    public string RunId { get; set; } = "";

    /// <summary>Where files give each other halos, who lies beside whom: an input is done again when a neighbour comes, goes or changes. Null where each stands alone.</summary>
    public SurveyNeighbours? Neighbours { get; init; }

    /// <summary>Gives the command that tries an input again.</summary>
    public Func<SegmentationInput, string> Replay { get; init; } = _ => "";

    /// <summary>Hash of the options that influence results.</summary>
    public string Options => options;

    /// <summary>
    /// Looks up what is recorded of each input and tells <paramref name="progress"/> of those that need not be done: done with the same key and with
    /// all outputs in place, or quarantined with the same key. The rest is the run's work.
    /// </summary>
    /// <exception cref="IOException">The ledger cannot be read or written.</exception>
    public async Task PassOverAsync(IReadOnlyList<SegmentationInput> inputs, ResumeOptions resume, RunProgress progress, CancellationToken cancellation = default)
    {
        await ledger.OpenAsync(cancellation).ConfigureAwait(false);
        ParallelOptions readers = new() { MaxDegreeOfParallelism = ReadersAtOnce, CancellationToken = cancellation };
        await Parallel.ForAsync(0, inputs.Count, readers, async (i, token) =>
        {
            if (progress.IsFinished(i)) return;
            if (resume.Restart)
            {
                await ledger.ForgetAsync(inputs[i], token).ConfigureAwait(false);
                return;
            }

            EarlierWork earlier = await FindAsync(inputs[i], resume, token).ConfigureAwait(false);
            if (earlier.Summary is not null) progress.PassOver(i, earlier.Summary);
            if (earlier.State == InputState.Damaged) progress.Warn(i, $"{inputs[i].Path}: is done again, because {earlier.Reason}");
        }).ConfigureAwait(false);
    }

    /// <summary>What earlier runs made of each input, at the inputs' positions. Changes nothing.</summary>
    /// <exception cref="IOException">The ledger cannot be read.</exception>
    public async Task<IReadOnlyList<EarlierWork>> FindAsync(IReadOnlyList<SegmentationInput> inputs, ResumeOptions resume, CancellationToken cancellation = default)
    {
        EarlierWork[] found = new EarlierWork[inputs.Count];
        ParallelOptions readers = new() { MaxDegreeOfParallelism = ReadersAtOnce, CancellationToken = cancellation };
        await Parallel.ForAsync(0, inputs.Count, readers, async (i, token) => found[i] = await FindAsync(inputs[i], resume, token).ConfigureAwait(false)).ConfigureAwait(false);
        return found;
    }

    /// <summary>
    /// Records an input whose outputs are committed. Outputs of an earlier version of it that were not replaced (written in another format) go first:
    /// a run that ends in between does the input again, and finds them in the earlier record.
    /// </summary>
    /// <param name="input">The input.</param>
    /// <param name="summary">How it went.</param>
    /// <param name="outputs">Its files.</param>
    /// <param name="isProvisional">Whether the next run is to do it again, since not all of its neighbours could be read.</param>
    /// <exception cref="RunStoppedException">The output is gone, or the ledger cannot be written.</exception>
    public async Task DoneAsync(SegmentationInput input, InputSummary summary, IReadOnlyList<CommittedOutput> outputs, bool isProvisional = false)
    {
        await CheckOutputAsync(CancellationToken.None).ConfigureAwait(false); // what was committed may lie where a disk was mounted before
        try
        {
            DoneRecord? earlier = await ledger.FindDoneAsync(input).ConfigureAwait(false);
            foreach (string stale in (earlier?.Outputs ?? []).Select(output => output.Name).Except(outputs.Select(output => output.Name)))
                await ledger.Outputs.DeleteAsync(stale).ConfigureAwait(false);
            await ledger.RecordAsync(input, new DoneRecord
            {
                Key = isProvisional ? "" : KeyOf(input),
                RelativePath = input.RelativePath,
                InputBytes = input.Bytes,
                InputTag = input.Tag,
                Bundle = bundle,
                Options = options,
                RunId = RunId,
                Summary = summary with { Outputs = [] },
                Outputs = outputs,
            }).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RunStoppedException($"{ledger.Outputs.Address}: the ledger cannot be written: {fault.Message}", fault);
        }
    }

    /// <summary>Records an input that is given up.</summary>
    /// <exception cref="RunStoppedException">The ledger cannot be written.</exception>
    public async Task FailedAsync(SegmentationInput input, StageFaultException fault, int attempts)
    {
        PointCloudException? bad = fault.InnerException as PointCloudException;
        string problem = (bad?.Problem ?? fault.Message).ReplaceLineEndings(" ");
        int expected = problem.IndexOf("expected", StringComparison.OrdinalIgnoreCase);
        try
        {
            await ledger.QuarantineAsync(input, new QuarantineRecord
            {
                Key = KeyOf(input),
                RelativePath = input.RelativePath,
                Stage = fault.Stage,
                File = input.Path,
                Offset = bad?.Offset,
                Found = expected > 0 ? problem[..expected].TrimEnd(' ', ',', ';', ':', '(', '.') : problem,
                Expected = expected > 0 ? problem[expected..] : null,
                Exception = fault.InnerException!.ToString(),
                Attempts = attempts,
                RunId = RunId,
                Replay = Replay(input),
            }).ConfigureAwait(false);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new RunStoppedException($"{ledger.Outputs.Address}: the quarantine cannot be written: {cause.Message}", cause);
        }
    }

    /// <summary>Makes sure that the output is still the one that the run began with, before anything is written into it.</summary>
    /// <exception cref="RunStoppedException">It is gone, or does not answer.</exception>
    public async Task CheckOutputAsync(CancellationToken cancellation)
    {
        try
        {
            if (await ledger.IsThereAsync(cancellation).ConfigureAwait(false)) return;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new RunStoppedException($"{ledger.Outputs.Address}: the output does not answer: {fault.Message}", fault);
        }

        throw new RunStoppedException(
            $"{ledger.Outputs.Address}: the output is gone, or another disk is mounted there: the ledger that the run began with is not in it",
            new DirectoryNotFoundException(ledger.Outputs.Address));
    }

    private async Task<EarlierWork> FindAsync(SegmentationInput input, ResumeOptions resume, CancellationToken cancellation)
    {
        string key = KeyOf(input);
        DoneRecord? done = await ledger.FindDoneAsync(input, cancellation).ConfigureAwait(false);
        string? missing = null;
        if (done?.Key == key && !resume.Restart)
        {
            missing = await MissingAsync(done, resume.VerifyOutputs, cancellation).ConfigureAwait(false);
            if (missing is null)
                return new(InputState.Done)
                {
                    Summary = done.Summary with
                    {
                        Input = input.Path,
                        Source = input.Source,
                        Status = InputStatus.Skipped,
                        Outputs = [.. done.Outputs.Select(output => ledger.Outputs.AddressOf(output.Name))],
                    },
                };
        }

        QuarantineRecord? given = await ledger.FindQuarantinedAsync(input, cancellation).ConfigureAwait(false);
        if (done is null && given is null) return new(InputState.New);
        if (resume.Restart) return new(InputState.Restarted);
        if (given?.Key == key)
        {
            string reason = $"{given.Found}{(given.Expected is null ? "" : $"; {given.Expected}")}";
            if (resume.RetryQuarantined) return new(InputState.Retried, reason);
            return new(InputState.Quarantined, reason) { Summary = new InputSummary(input.Path, input.Source, InputStatus.Quarantined) { Error = reason } };
        }

        if (missing is not null) return new(InputState.Damaged, missing);
        if (done is null || done.InputBytes != input.Bytes || done.InputTag != input.Tag) return new(InputState.Changed);
        return new(InputState.Outdated, done.Bundle != bundle ? "another model did it" : "it was done with other options");
    }

    /// <summary>What is wrong with recorded outputs, in words; null where all is well.</summary>
    private async Task<string?> MissingAsync(DoneRecord done, bool hash, CancellationToken cancellation)
    {
        foreach (CommittedOutput output in done.Outputs)
        {
            StoredObject? found = await ledger.Outputs.FindAsync(output.Name, cancellation).ConfigureAwait(false);
            if (found is null) return $"{output.Name} is gone";
            if (found.Length != output.Bytes) return string.Create(CultureInfo.InvariantCulture, $"{output.Name} has {found.Length} bytes, but was written with {output.Bytes}");
            if (!hash) continue;
            Stream content = ledger.Outputs.OpenRead(found);
            await using (content.ConfigureAwait(false))
            {
                byte[] sha256 = await SHA256.HashDataAsync(content, cancellation).ConfigureAwait(false);
                if (Convert.ToHexStringLower(sha256) != output.Sha256) return $"{output.Name} has other bytes than were written";
            }
        }

        return null;
    }

    private string KeyOf(SegmentationInput input)
    {
        string parts = string.Create(CultureInfo.InvariantCulture, $"{input.RelativePath}\n{input.Bytes}\n{input.Tag}\n{bundle}\n{options}");
        foreach (SegmentationInput neighbour in Neighbours?.Of(input).Inputs ?? [])
            parts += string.Create(CultureInfo.InvariantCulture, $"\n{neighbour.RelativePath}\n{neighbour.Bytes}\n{neighbour.Tag}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(parts)));
    }
}
