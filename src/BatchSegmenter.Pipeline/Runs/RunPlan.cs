using System.Text.Json.Serialization;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>What a run would do: made of headers, the ledger and the reports of earlier runs, with nothing decoded and nothing changed.</summary>
public sealed record RunPlan
{
    private const int SampledRecords = 100;

    /// <summary>The inputs, in the order of the run.</summary>
    public required IReadOnlyList<PlannedInput> Inputs { get; init; }

    /// <summary>Inputs that would be labelled.</summary>
    public int Labelled => Inputs.Count(input => input.IsLabelled);

    /// <summary>Inputs that would fail.</summary>
    public int Refused => Inputs.Count(input => input.Refusal is not null);

    /// <summary>Inputs that are done.</summary>
    public int Done => Inputs.Count(input => input.State == InputState.Done);

    /// <summary>Inputs that are in quarantine and would stay there.</summary>
    public int Quarantined => Inputs.Count(input => input.State == InputState.Quarantined);

    /// <summary>Points that would be labelled.</summary>
    public long Points => Inputs.Where(input => input.IsLabelled).Sum(input => input.Points ?? 0);

    /// <summary>Speed of the last runs; null where there were none.</summary>
    public RunHistory? History { get; init; }

    /// <summary>Estimated duration; null where no earlier run tells.</summary>
    public double? Seconds => Points == 0 ? 0 : Points / History?.PointsPerSecond;

    /// <summary>Estimated bytes of all outputs that would be written.</summary>
    public long OutputBytes => Inputs.Sum(input => input.OutputBytes);

    /// <summary>Inputs done before that <see cref="OutputBytes"/> rests on; 0 where it rests on a rule.</summary>
    public int OutputBasis { get; init; }

    /// <summary>Bytes free where outputs go; null where there is no such limit.</summary>
    public long? OutputFreeBytes { get; init; }

    /// <summary>Bytes of scratch files at their most: those of the largest input that memory does not hold.</summary>
    public long ScratchBytes => Inputs.Select(input => input.IsLabelled ? input.ScratchBytes : 0).DefaultIfEmpty().Max();

    /// <summary>Full path of the folder for scratch files.</summary>
    public required string ScratchFolder { get; init; }

    /// <summary>Bytes free there.</summary>
    public long ScratchFreeBytes { get; init; }

    /// <summary>That more would fail than may, in words; null where the run would not stop for that.</summary>
    public string? TooManyFailures { get; init; }

    /// <summary>Whether every input is done, whole, or would be: what the run itself would end with 0 for.</summary>
    [JsonIgnore]
    public bool IsWhole { get; init; }

    /// <summary>Looks at every input.</summary>
    /// <param name="options">What the run is asked for.</param>
    /// <param name="bundle">The model.</param>
    /// <param name="inputs">The inputs of the run.</param>
    /// <param name="ledger">The ledger of the output, which need not exist.</param>
    /// <param name="journal">The run's view of it.</param>
    /// <param name="resume">How earlier work is dealt with.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="IOException">The ledger cannot be read.</exception>
    public static async Task<RunPlan> MakeAsync(
        SegmentationOptions options, ModelBundle bundle, IReadOnlyList<SegmentationInput> inputs, RunLedger ledger, RunJournal journal, ResumeOptions resume, CancellationToken cancellation = default)
    {
        IReadOnlyList<EarlierWork> earlier = await journal.FindAsync(inputs, resume, cancellation).ConfigureAwait(false);
        InputHeader[] headers = await InputHeaders.ReadAsync(inputs, options.Reading, _ => true, cancellation).ConfigureAwait(false);
        int classes = bundle.Description.Classes.Count;
        IReadOnlyList<DoneRecord> records = await ledger.SampleAsync(SampledRecords, cancellation).ConfigureAwait(false);
        OutputEstimate size = new(options.Write, classes, [.. records.Where(record => record.Options == journal.Options)]);
        MemoryBudget budget = MemoryBudget.Of(options, bundle.Description);
        string scratch = OutOfCore.ScratchFolder.RootOf(options.Limits.Scratch);
        bool keepsProbabilities = options.Write.Points is { Probabilities: true } or { Entropy: true };

        PlannedInput[] planned = [.. inputs.Select((input, i) => Plan(input, earlier[i], headers[i]))];
        FailureTally failures = FailureTally.Of(options.Limits.MaxFailures, inputs, i => headers[i].Header?.PointCount);
        string? tooMany = null;
        for (int i = 0; i < planned.Length; i++)
            if (planned[i].Refusal is not null) tooMany = failures.Add(i) ?? tooMany;
        return new RunPlan
        {
            Inputs = planned,
            History = await RunHistory.FindAsync(ledger.Outputs, bundle.Id, cancellation).ConfigureAwait(false),
            OutputBasis = size.Inputs,
            OutputFreeBytes = ledger.Outputs is LocalStore store ? OutOfCore.ScratchFolder.FreeBytes(store.Folder) : null,
            ScratchFolder = scratch,
            ScratchFreeBytes = OutOfCore.ScratchFolder.FreeBytes(scratch),
            TooManyFailures = tooMany,
            IsWhole = planned.All(input => input.IsLabelled || input.State == InputState.Done) && earlier.All(work => work.Summary?.Error is null),
        };

        PlannedInput Plan(SegmentationInput input, EarlierWork work, InputHeader found)
        {
            PlannedInput plan = new(input.Path, input.Source, work.State) { Reason = work.Reason ?? work.Summary?.Error, Bytes = input.Bytes };
            if (found.Header is not { } header) return plan with { Refusal = plan.IsPassedOver ? null : found.Problem };

            bool isLength = header.Crs.Kind != CrsKind.Geographic;
            plan = plan with
            {
                Format = header.Format,
                Points = header.PointCount,
                Epsg = header.Crs.Epsg,
                Crs = header.Crs.Kind,
                HorizontalUnit = isLength ? header.Crs.HorizontalUnit : null,
                VerticalUnit = isLength ? header.Crs.VerticalUnit : null,
                Remarks = header.Remarks,
            };
            try
            {
                plan = plan with { MissingChannels = InputFit.Missing(bundle.Description, header.Attributes) };
                ReadStage.Refuse(header);
            }
            catch (InputRefusedException fault)
            {
                return plan.IsPassedOver ? plan : plan with { Refusal = fault.Message };
            }

            if (plan.IsPassedOver) return plan;
            long spilled = budget.Holds(header.PointCount) ? 0 : SpilledInput.BytesNeeded(header.PointCount, classes, keepsProbabilities);
            return plan with
            {
                ScratchBytes = spilled,
                OutputBytes = size.Of(header, input.Bytes),
                Refusal = spilled == 0 ? null : OutOfCore.ScratchFolder.Shortage(scratch, spilled, header.PointCount),
            };
        }
    }
}
