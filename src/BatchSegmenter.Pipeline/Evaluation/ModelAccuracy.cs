using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>How right a model is on labelled surveys: they are labelled by a run like any other, and what it wrote is compared with what they hold.</summary>
public static class ModelAccuracy
{
    /// <summary>Labels the surveys into a temporary folder and compares.</summary>
    /// <param name="model">The network; stays the caller's.</param>
    /// <param name="surveys">Full paths of LAS or LAZ files with true classes, or folders of them; at least one.</param>
    /// <param name="map">Codes replaced before anything is compared, on both sides.</param>
    /// <param name="ignore">Codes whose truth points are left out.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="ConfigurationException">A path is missing, or the model can't label surveys.</exception>
    /// <exception cref="EvaluationException">A survey could not be labelled.</exception>
    /// <exception cref="Formats.PointCloudException">A survey is damaged.</exception>
    /// <exception cref="RunStoppedException">The network failed, or the temporary folder is full.</exception>
    public static async Task<EvaluationReport> MeasureAsync(
        SegmentationModel model, IReadOnlyList<string> surveys, IReadOnlyDictionary<byte, byte> map, IReadOnlyCollection<byte> ignore, CancellationToken cancellation = default)
    {
        string output = Directory.CreateTempSubdirectory("batchsegmenter-accuracy-").FullName;
        try
        {
            SegmentationOptions options = new() { Inputs = surveys, InputsFromCommandLine = true, Model = model.Bundle.Folder, Output = output };
            InputList inputs = await InputList.FindAsync(options, cancellation).ConfigureAwait(false);
            RunProgress progress = new(inputs.Inputs);
            await new SegmentationPipeline(options, model).RunAsync(inputs.Inputs, progress, cancellation).ConfigureAwait(false);
            if (progress.Failures is [InputOutcome failure, ..])
                throw new EvaluationException($"{failure.Summary.Input}: it could not be labelled: {failure.Fault!.Message}");

            CloudPair[] pairs = [.. inputs.Inputs.Select(input => new CloudPair(input.RelativePath, Parts(output, input), [input.Path]))];
            EvaluationOptions evaluation = new() { Predicted = output, Truth = output, Map = map, Ignore = ignore };
            return await SurveyEvaluation.RunAsync(pairs, [], evaluation, cancellation).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(output, recursive: true);
        }
    }

    private static string[] Parts(string output, SegmentationInput input) =>
        [.. Directory.EnumerateFiles(Path.Combine(output, "points", $"source={input.Source}"), "*.parquet").Order(StringComparer.Ordinal)];
}
