using System.CommandLine;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Onnx;
using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Options;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Commands;

/// <summary><c>batchsegmenter run</c>: every input of a pipeline file labelled.</summary>
internal static class RunCommand
{
    private const int Done = 0, SomeFailed = 1, Misconfigured = 2, Stopped = 3, Cancelled = 130;

    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> pipeline = new("PIPELINE.json") { Description = "The pipeline file: inputs, model, outputs, limits." };
        Option<string[]> inputs = new("--input") { Description = "File, folder, glob or blob address (azure://container/prefix) to label instead of the file's inputs; may be repeated.", HelpName = "PATH|URL" };
        Option<string?> output = new("--output") { Description = "Folder or blob address to write to instead of the file's.", HelpName = "PATH|URL" };
        Option<string?> model = new("--model") { Description = "Model bundle to use instead of the file's.", HelpName = "BUNDLE" };
        Option<string[]> set = new("--set") { Description = "Override one key of the file: --set limits.cores=1; may be repeated.", HelpName = "KEY=VALUE" };
        Option<bool> restart = new("--restart") { Description = "Do every input again, also those that earlier runs have done." };
        Option<bool> retry = new("--retry-quarantined") { Description = "Try inputs again that earlier runs gave up, though they have not changed." };
        Option<bool> verify = new("--verify-outputs") { Description = "Read the outputs of inputs that are done and compare their hashes; what is damaged is done again. Missing files and other sizes are noticed always." };
        Option<string> progress = new Option<string>("--progress") { Description = "Show progress on standard error.", DefaultValueFactory = _ => "auto" }.AcceptOnlyFromAmong("auto", "off");
        Option<string> log = new Option<string>("--log") { Description = "How progress and messages are written when there is no terminal.", DefaultValueFactory = _ => "text" }.AcceptOnlyFromAmong("text", "json");
        Option<bool> dryRun = new("--dry-run") { Description = "Read headers only and print what would be done: inputs, points, reference systems, what is missing or refused, time, scratch and output size. Changes nothing. Exit code 1 if some inputs would fail or stay in quarantine." };
        Option<bool> json = new("--json") { Description = "With --dry-run: print one JSON object." };
        Option<string?> shard = new("--shard") { Description = "Take but a share of the inputs, the I-th of N, balanced by bytes: for several processes on one output.", HelpName = "I/N" };
        Command command = new("run", "Label every point of every input: Parquet dataset, labelled LAS, summary and report. Run again, it does what is new, changed, or was not finished.\nExit codes: 0 all done, 1 some inputs failed (see _quarantine) or changed meanwhile, 2 nothing was started, 3 the run could not go on, 130 cancelled.")
            { pipeline, inputs, output, model, set, restart, retry, verify, shard, dryRun, json, progress, log };
        command.SetAction(async (parsed, cancellation) =>
        {
            RunLog messages = new(Console.Error, parsed.GetValue(log) == "json");
            try
            {
                if (parsed.GetValue(json) && !parsed.GetValue(dryRun)) throw new ConfigurationException("--json: only --dry-run prints a result; --log json is for the messages of a run");
                SegmentationOptions options = PipelineFile.Load(parsed.GetRequiredValue(pipeline), new PipelineOverrides
                {
                    Inputs = parsed.GetValue(inputs) ?? [],
                    Output = parsed.GetValue(output),
                    Model = parsed.GetValue(model),
                    Settings = parsed.GetValue(set) ?? [],
                });
                RunShard? share = parsed.GetValue(shard) is { } text ? RunShard.Parse(text) : null;
                ResumeOptions resume = new() { Restart = parsed.GetValue(restart), RetryQuarantined = parsed.GetValue(retry), VerifyOutputs = parsed.GetValue(verify) };
                string replay = ReplayCommand(parsed.GetRequiredValue(pipeline), options, parsed.GetValue(set) ?? []);
                DryRunReport? plan = parsed.GetValue(dryRun) ? new(Console.Out, parsed.GetValue(json)) : null;
                return await RunAsync(options, share, resume, replay, plan, messages, parsed.GetValue(progress) == "auto", cancellation);
            }
            catch (StorageException fault)
            {
                // Nothing has been started; a store that is there, but does not let anybody in, is a matter of configuration.
                messages.Error(fault.Message);
                return fault is StoreUnavailableException ? Misconfigured : Stopped;
            }
            catch (OperationCanceledException)
            {
                messages.Error("cancelled before anything was started");
                return Cancelled;
            }
            catch (ConfigurationException fault)
            {
                foreach (string line in fault.Faults) messages.Error(line);
                return Misconfigured;
            }
        });
        return command;
    }

    /// <summary>The command that tries one input again, up to the input's path.</summary>
    private static string ReplayCommand(string pipeline, SegmentationOptions options, string[] settings)
    {
        IEnumerable<string> set = settings.Select(setting => $" --set {Quoted(setting)}");
        string output = $"{options.Output.TrimEnd('/')}/_quarantine/.replay";
        return $"batchsegmenter run {Quoted(Path.GetFullPath(pipeline))} --model {Quoted(options.Model)} --output {Quoted(output)}{string.Concat(set)} --restart --log-level debug --input ";
    }

    private static string Quoted(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || "/._-=,:".Contains(c)) ? text : $"'{text.Replace("'", "'\\''")}'";

    private static async Task<int> RunAsync(SegmentationOptions options, RunShard? shard, ResumeOptions resume, string replay, DryRunReport? dryRun, RunLog messages, bool showProgress, CancellationToken cancellation)
    {
        InputList found = await InputList.FindAsync(options, cancellation);
        foreach (string warning in found.Warnings) messages.Warn(warning);
        // A dry run changes nothing, nor does it take its time for what it will not use.
        (SegmentationModel loaded, UsedSetup setup) = await LoadModelAsync(options, dryRun is null ? found.Inputs.Sum(input => input.Bytes) : 0, cancellation);
        using SegmentationModel model = loaded;
        foreach (string passedOver in model.PassedOver) messages.Warn(passedOver);
        // Among all inputs, before they are shared out: a shard's inputs have neighbours in other shards.
        SurveyNeighbours? neighbours = options.Tiles.AcrossFiles ? await SurveyNeighbours.FindAsync(found.Inputs, options, model.Bundle.Description.Input, cancellation) : null;
        if (shard is not null) found = found with { Inputs = shard.Of(found.Inputs) };
        ObjectStore outputs = StoreAddress.Parse(options.Output).Open(options.Limits.Scratch);
        RunLedger ledger = new(outputs);
        RunJournal journal = new(ledger, model.Bundle.Id, ResultOptions.Hash(options, model)) { Neighbours = neighbours, Replay = input => replay + Quoted(input.Path) };
        SegmentationPipeline pipeline = new(options, model, journal) { Neighbours = neighbours };
        if (dryRun is not null) return await PlanAsync(() => RunPlan.MakeAsync(options, model.Bundle, found.Inputs, ledger, journal, resume, cancellation), dryRun, options, messages);
        DateTimeOffset started = TimeProvider.System.GetUtcNow();
        await using RunLock held = await BeginAsync(options, () => RunLock.TakeAsync(outputs, shard, cancellation));
        string runId = await BeginAsync(options, () => RunReport.BeginAsync(outputs, TimeProvider.System, shard, cancellation));
        journal.RunId = runId;

        RunProgress progress = new(found.Inputs);
        (int code, string? error) = (Done, null);
        try
        {
            using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellation, held.Lost);
            await outputs.SweepAsync(end.Token);
            await journal.PassOverAsync(found.Inputs, resume, progress, end.Token);
            await using RunProgressDisplay display = new(progress, messages, showProgress);
            await pipeline.RunAsync(found.Inputs, progress, end.Token);
            RunOutcome outcome = progress.Outcome();
            code = outcome.Failed + outcome.Partial + outcome.Quarantined + outcome.Changing > 0 ? SomeFailed : Done;
        }
        catch (RunStoppedException fault)
        {
            (code, error) = (Stopped, fault.Message);
        }
        catch (StorageException fault)
        {
            (code, error) = (Stopped, fault.Message);
        }
        catch (OperationCanceledException) when (held.Lost.IsCancellationRequested)
        {
            (code, error) = (Stopped, $"{options.Output}: the run's lock is gone or another's: the output was removed, or another run took it over; what was done is kept. Run again to go on");
        }
        catch (OperationCanceledException)
        {
            (code, error) = (Cancelled, "cancelled; what was done is kept");
        }
        catch (Exception fault)
        {
            // A fault of this program, not of an input: exit code 1 would say the wrong thing, and what was done must be told all the same.
            (code, error) = (Stopped, CommandFault.ShowsTraces ? fault.ToString() : $"unexpected: {fault.Message}");
        }

        code = await FinishAsync(outputs, options, shard, model, setup, found, progress, messages, runId, started, code, error);
        if (pipeline.HasHungWork) ProcessEnd.Now(code);
        return code;
    }

    private static async Task<int> PlanAsync(Func<Task<RunPlan>> make, DryRunReport report, SegmentationOptions options, RunLog messages)
    {
        try
        {
            RunPlan plan = await make();
            foreach (string warning in DryRunReport.Warnings(plan)) messages.Warn(warning);
            return report.Write(plan, options);
        }
        catch (Exception fault) when (fault is (IOException and not StorageException) or UnauthorizedAccessException)
        {
            messages.Error($"{options.Output}: cannot be looked at: {fault.Message}");
            return Stopped;
        }
    }

    private static async Task<(SegmentationModel Model, UsedSetup Setup)> LoadModelAsync(SegmentationOptions options, long inputBytes, CancellationToken cancellation)
    {
        try
        {
            return await RunModel.LoadAsync(options, inputBytes, RememberedSetups.OfThisMachine, cancellation);
        }
        catch (Exception fault) when (fault is ModelException or UnauthorizedAccessException || (fault is IOException && fault is not StorageException))
        {
            throw new ConfigurationException(fault.Message, fault);
        }
    }

    private static async Task<T> BeginAsync<T>(SegmentationOptions options, Func<Task<T>> firstWrite)
    {
        try
        {
            return await firstWrite();
        }
        catch (Exception fault) when (fault is UnauthorizedAccessException || (fault is IOException && fault is not StorageException))
        {
            throw new ConfigurationException($"output {options.Output} cannot be written: {fault.Message}", fault);
        }
    }

    private static async Task<int> FinishAsync(
        ObjectStore outputs, SegmentationOptions options, RunShard? shard, SegmentationModel model, UsedSetup setup, InputList found, RunProgress progress, RunLog messages, string runId, DateTimeOffset started, int code, string? error)
    {
        RunOutcome outcome = progress.Outcome();
        foreach (string warning in model.Shortages.Concat(outcome.Warnings)) messages.Warn(warning);
        foreach (InputOutcome failure in progress.Failures) messages.Fail(failure);
        if (error is not null) messages.Error(error);
        try
        {
            await SummaryWriter.WriteAsync(outputs, SummaryWriter.NameFor(shard), outcome.Inputs, []);
            Dictionary<string, string> versions = RunReport.ProgramVersions();
            versions["onnxruntime"] = SegmentationModel.RuntimeVersion;
            RunReport report = new()
            {
                RunId = runId,
                Started = started,
                Ended = TimeProvider.System.GetUtcNow(),
                ExitCode = code,
                Error = error,
                Shard = shard?.ToString(),
                Options = options,
                Model = model.Bundle.Id,
                ModelName = $"{model.Bundle.Description.Name} {model.Bundle.Description.Version}",
                ModelSigner = model.Bundle.Signature?.ToString(),
                ModelHashes = model.Bundle.Files,
                Setup = setup,
                Versions = versions,
                Stages = [.. outcome.Stages.Select(stage => StageReport.Of(stage, outcome.Seconds))],
                Process = ProcessReport.Now(outcome.Seconds, outcome.Points),
                StageSeconds = outcome.Stages.ToDictionary(stage => stage.Name, stage => stage.BusySeconds),
                Counts = new Dictionary<string, long> { ["points"] = outcome.Points, ["inputs"] = outcome.Inputs.Count, ["failed"] = outcome.Failed, ["skipped"] = outcome.Skipped, ["quarantined"] = outcome.Quarantined, ["partial"] = outcome.Partial, ["changing"] = outcome.Changing, ["batches"] = outcome.Stages[4].Items },
                PeakResidentBytes = RunProgress.PeakResidentBytes,
                Warnings = [.. found.Warnings, .. model.PassedOver, .. model.Shortages, .. outcome.Warnings],
                Inputs = outcome.Inputs,
            };
            await report.WriteAsync(outputs);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            messages.Error($"{options.Output}: summary and report cannot be written: {fault.Message}");
            return Stopped;
        }

        messages.Finish(options, outcome, model, code);
        return code;
    }
}
