using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>
/// Writes what a run was asked to write of one input: the Parquet dataset, the labelled LAS. The input is decoded again for it. All
/// files are complete under temporary names before the first gets its own.
/// </summary>
internal sealed class OutputFiles(SegmentationOptions options, ModelBundle bundle, ObjectStore outputs)
{
    private const int PointsAtOnce = 1 << 18;

    private readonly string[] _labelNames = LabelNames.Of(bundle.Description.Classes);
    private readonly string[] _classNames = [.. bundle.Description.Classes.Select(c => c.Name)];

    private readonly Dictionary<string, string> _metadata = new()
    {
        ["batchsegmenter.version"] = ProgramVersion.Text,
        ["batchsegmenter.model"] = $"{bundle.Description.Name} {bundle.Description.Version}",
        ["batchsegmenter.bundle"] = bundle.Id,
    };

    private readonly LasVlr _record = new LabellingModel(bundle.Id, bundle.Description.Name, bundle.Description.Version).ToRecord();

    /// <summary>Writes and commits the outputs of one input, once it is proven that they hold every point once.</summary>
    /// <param name="input">The input.</param>
    /// <param name="header">Its header.</param>
    /// <param name="labels">A label for each of its points.</param>
    /// <param name="cancellation">Ends the writing.</param>
    /// <param name="lost">Points that could not be decoded.</param>
    /// <param name="progressed">Called now and then, while the writing goes on.</param>
    /// <returns>The files committed.</returns>
    /// <exception cref="PointCloudException">The source is damaged, or cannot hold a label.</exception>
    /// <exception cref="InputRefusedException">The source cannot be read again or has changed, or its path is too long for the outputs.</exception>
    /// <exception cref="RunStoppedException">The output folder cannot be written, or the points do not come out as they went in.</exception>
    public async Task<IReadOnlyList<CommittedOutput>> WriteAsync(
        SegmentationInput input, PointCloudHeader header, CloudLabels labels, CancellationToken cancellation, long lost = 0, Action? progressed = null)
    {
        try
        {
            PointProof proof = new(input.Path, lost);
            proof.Labelled(labels);
            List<CommittedOutput> committed = [];
            await using PointDatasetWriter? dataset = options.Write.Points is null ? null : new PointDatasetWriter(outputs, Content(input, header));
            string lasName = $"las/{input.RelativePath}.{options.Write.Las?.Format}";
            await using StagedObject? las = options.Write.Las is null ? null : outputs.Create(lasName, seekable: true);
            CommittedOutput? labelled = null;
            if (las is not null)
            {
                await using HashedStream stream = new(las.Stream);
                WriteLas(stream, input, labels, progressed, cancellation);
                (long bytes, string sha256) = stream.Finish();
                labelled = new CommittedOutput(lasName, bytes, sha256);
                await las.CompleteAsync(cancellation);
            }

            if (dataset is not null)
            {
                await AppendAsync(dataset, input, labels, proof, progressed, cancellation);
                proof.Complete(labels.Count, await dataset.CompleteAsync(cancellation));
            }

            // From here on to the end, whatever is asked for: half a commit helps nobody.
            input.RequireUnchanged();
            if (dataset is not null) committed.AddRange(await dataset.CommitAsync(CancellationToken.None));
            if (labelled is not null)
            {
                await las!.CommitAsync(CreateCondition.Any, CancellationToken.None);
                committed.Add(labelled);
            }

            return committed;
        }
        catch (PathTooLongException)
        {
            throw new InputRefusedException($"its path {input.RelativePath} is too long for a name in the output folder: shorten it, or name a folder below as the input");
        }
        catch (Exception fault) when (fault is (IOException or UnauthorizedAccessException) and not ObjectChangedException)
        {
            throw new RunStoppedException($"{options.Output}: the outputs of {input.RelativePath} cannot be written: {fault.Message}", fault);
        }
    }

    /// <summary>Full paths or addresses of files.</summary>
    public IReadOnlyList<string> PathsOf(IReadOnlyList<CommittedOutput> files) => [.. files.Select(file => outputs.AddressOf(file.Name))];

    private PointDatasetContent Content(SegmentationInput input, PointCloudHeader header) =>
        new(input.Source, _labelNames, _classNames, options.Write.Points!, header.Attributes, _metadata);

    private async Task AppendAsync(PointDatasetWriter dataset, SegmentationInput input, CloudLabels labels, PointProof proof, Action? progressed, CancellationToken cancellation)
    {
        PointAttributes attributes = AttributeColumn.AttributesOf(options.Write.Points!.Columns);
        using PointCloudReader reader = Again(() => input.Open(options.Reading));
        PointColumns points = new(Math.Min(PointsAtOnce, labels.Count), attributes);
        int[] codes = new int[PointsAtOnce];
        for (int first = 0, count; (count = Next(reader, points, first, labels)) > 0; first += count)
        {
            cancellation.ThrowIfCancellationRequested();
            progressed?.Invoke();
            proof.Add(reader.FirstIndex, count);
            LabelRun run = labels.Read(first, count);
            for (int i = 0; i < count; i++) codes[i] = run.Label.Span[i];
            await dataset.AppendAsync(
                new LabelledPoints(points, 0, reader.FirstIndex, codes.AsMemory(0, count), run.Confidence, run.Probabilities), cancellation);
        }
    }

    private void WriteLas(Stream destination, SegmentationInput input, CloudLabels labels, Action? progressed, CancellationToken cancellation)
    {
        using PointCloudReader reader = Again(() => input.Open(options.Reading));
        if (reader is LasReader source) Relabel(destination, source, labels, progressed, cancellation);
        else Convert(destination, reader, labels, progressed, cancellation);
    }

    private void Relabel(Stream destination, LasReader source, CloudLabels labels, Action? progressed, CancellationToken cancellation)
    {
        bool confidence = options.Write.Las!.Confidence;
        bool isSalvaged = options.Faults.OnCorruptChunk == CorruptChunks.Skip && labels.Count < source.Header.PointCount;
        if (!isSalvaged && source.Header.PointCount != labels.Count) throw HasChanged($"{source.Header.PointCount}", labels);
        using LasRelabeller relabeller = new(
            source, destination, confidence, compressed: options.Write.Las.Format == "laz", pointCount: isSalvaged ? labels.Count : null, record: _record);
        for (int first = 0; first < labels.Count; first += PointsAtOnce)
        {
            cancellation.ThrowIfCancellationRequested();
            progressed?.Invoke();
            int count = Math.Min(PointsAtOnce, labels.Count - first);
            LabelRun run = labels.Read(first, count);
            relabeller.Write(run.Label.Span, confidence ? run.Confidence.Span : default);
        }

        relabeller.Complete();
    }

    private void Convert(Stream destination, PointCloudReader reader, CloudLabels labels, Action? progressed, CancellationToken cancellation)
    {
        PointColumns points = new(0, ConvertedLas.Attributes(reader.Header));
        ConvertedLas? las = null;
        try
        {
            for (int first = 0, count; (count = Next(reader, points, first, labels)) > 0 || las is null; first += count)
            {
                cancellation.ThrowIfCancellationRequested();
                progressed?.Invoke();
                las ??= new ConvertedLas(destination, reader.Header, points, options.Write.Las!, _record);
                las.Write(points, labels.Read(first, count));
            }
        }
        finally
        {
            las?.Dispose();
        }
    }

    /// <summary>Reads the next points of the input, which must be those that were labelled.</summary>
    private static int Next(PointCloudReader reader, PointColumns points, int first, CloudLabels labels)
    {
        points.Count = 0;
        int count = Again(() => reader.Read(points, PointsAtOnce));
        if (first + count > labels.Count) throw HasChanged($"at least {first + count}", labels);
        if (count == 0 && first < labels.Count) throw HasChanged($"{first}", labels);
        return count;
    }

    private static InputRefusedException HasChanged(string found, CloudLabels labels) =>
        new($"the file has {found} points now, but had {labels.Count} when it was labelled");

    /// <summary>Reads from the source, whose faults are the input's, where those of the outputs, and of blob stores, stop the run.</summary>
    private static T Again<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception fault) when (fault is (IOException or UnauthorizedAccessException) and not StorageException)
        {
            throw new InputRefusedException($"the file could be read at first, but not again for its outputs: {fault.Message}");
        }
    }
}
