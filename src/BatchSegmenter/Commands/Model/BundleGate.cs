using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Calibration;
using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Evaluation;
using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Commands.Model;

/// <summary>What a bundle made of another one has to pass: labelled surveys are labelled with both, and no more accuracy is lost than allowed.</summary>
internal sealed record BundleGate
{
    private const int TimedRuns = 40;

    /// <summary>The source's folder, as it was given.</summary>
    public required string Folder { get; init; }

    /// <summary>Full paths of the surveys that judge.</summary>
    public required IReadOnlyList<string> Data { get; init; }

    /// <summary>Full paths of those that calibrate; empty for <see cref="Data"/>.</summary>
    public required IReadOnlyList<string> Calibration { get; init; }

    /// <summary>Where the bundle shall lie, a full path.</summary>
    public required string Output { get; init; }

    /// <summary>Points of mean IoU that may be lost.</summary>
    public required double MaxLoss { get; init; }

    /// <summary>Blocks to calibrate with.</summary>
    public required int BlockCount { get; init; }

    /// <summary>Classes merged and left out.</summary>
    public required EvaluationOptions Judging { get; init; }

    /// <summary>Whether the report is printed as JSON.</summary>
    public required bool Json { get; init; }

    /// <summary>Whether other surveys calibrate than those that judge.</summary>
    public bool CalibratesApart => Calibration.Count > 0;

    /// <summary>The blocks to calibrate with.</summary>
    /// <exception cref="ConfigurationException">A path is missing.</exception>
    /// <exception cref="EvaluationException">There are none.</exception>
    public async Task<List<BlockTensors>> BlocksAsync(ModelBundle source, CancellationToken cancellation)
    {
        await FindAsync(Data, cancellation);
        IReadOnlyList<string> paths = CalibratesApart ? Calibration : Data;
        List<BlockTensors> blocks = SurveyBlocks.Take((await FindAsync(paths, cancellation)).Inputs, source.Description, BlockCount);
        return blocks.Count > 0 ? blocks : throw new EvaluationException($"{string.Join(", ", paths)}: no survey has a visible point to calibrate with.");
    }

    /// <summary>Labels the surveys with a bundle, and compares.</summary>
    /// <exception cref="EvaluationException">No point counts, or a survey can't be labelled.</exception>
    public async Task<EvaluationReport> JudgeAsync(ModelBundle bundle, CancellationToken cancellation)
    {
        using SegmentationModel model = SegmentationModel.Load(bundle);
        EvaluationReport report = await ModelAccuracy.MeasureAsync(model, Data, Judging.Map, Judging.Ignore, cancellation);
        return report.MeanIou is not null ? report : throw new EvaluationException($"{string.Join(", ", Data)}: no point counts, so that the loss of accuracy is unknown; see --ignore.");
    }

    /// <summary>Size, speed and accuracy of both.</summary>
    /// <param name="source">The source.</param>
    /// <param name="made">What was made of it.</param>
    /// <param name="blocks">Blocks to time with.</param>
    /// <param name="cancellation">Ends the labelling.</param>
    /// <param name="judged">What labels the surveys in place of <paramref name="made"/>; null for that.</param>
    public async Task<GateReport> CompareAsync(ModelBundle source, ModelBundle made, IReadOnlyList<BlockTensors> blocks, CancellationToken cancellation, ModelBundle? judged = null)
    {
        Note("timing both, by turns");
        (double before, double after) = RunTiming.Compare(source, made, blocks, TimedRuns, threads: 1);
        Note("labelling the surveys with both");
        EvaluationReport truthBefore = await JudgeAsync(source, cancellation), truthAfter = await JudgeAsync(judged ?? made, cancellation);
        return new GateReport
        {
            Source = BundlePruning.Name(source),
            Before = new NetworkFigures(Size(source), before, truthBefore.MeanIou, truthBefore.OverallAccuracy),
            After = new NetworkFigures(Size(made), after, truthAfter.MeanIou, truthAfter.OverallAccuracy),
            MaxLoss = MaxLoss,
            Surveys = [.. truthAfter.Files.Zip(truthBefore.Files).Select(pair => new SurveyLoss(pair.First.Name, pair.First.Counted, pair.Second.MeanIou, pair.First.MeanIou))],
            Blocks = blocks.Count,
            CalibratedApart = CalibratesApart,
            Processor = MachineDescription.Current.Processor,
            Runtime = SegmentationModel.RuntimeVersion,
        };
    }

    /// <summary>Prints the report, and writes the bundle if it passes.</summary>
    /// <param name="source">The source.</param>
    /// <param name="report">The figures.</param>
    /// <param name="what">What to call the result.</param>
    /// <param name="tables">Prints the report for people.</param>
    /// <param name="write">Writes the bundle.</param>
    /// <returns>The exit code.</returns>
    public int Conclude(ModelBundle source, GateReport report, string what, Action tables, Func<ModelBundle> write)
    {
        if (Json) Console.Out.WriteLine(report.ToJson().ToJsonString(GateReport.Indented));
        else tables();
        if (!report.Passed)
            return CommandFault.Report(1, FormattableString.Invariant($"{Folder}: {what} loses {report.Loss:F2} points of mean IoU ({report.Before.MeanIou:F4} to {report.After.MeanIou:F4}), and {MaxLoss:F2} are allowed (--max-loss); nothing was written"));

        ModelBundle written = write();
        if (source.Signature is { } signature) Note($"the signature of {signature} is of the bundle that this one was made of and was left behind; sign the new one with model sign");
        Note($"{written.Folder}: {written.Description.Name} {written.Description.Version} {what}, id {written.Id}");
        return 0;
    }

    /// <summary>Progress goes where it is not in the way of the result.</summary>
    public static void Note(string text) => Console.Error.WriteLine(text);

    private Task<InputList> FindAsync(IReadOnlyList<string> paths, CancellationToken cancellation) =>
        InputList.FindAsync(new SegmentationOptions { Inputs = paths, InputsFromCommandLine = true, Model = Folder, Output = Output }, cancellation);

    private static long Size(ModelBundle bundle) => new FileInfo(Path.Combine(bundle.Folder, ModelBundle.NetworkFile)).Length;
}
