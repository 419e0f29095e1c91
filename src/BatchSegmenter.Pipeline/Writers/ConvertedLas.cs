using System.Runtime.InteropServices;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>Writes an input that is not LAS as a labelled LAS file: every attribute that both have, the labels as its classes.</summary>
internal sealed class ConvertedLas : IDisposable
{
    private readonly LasWriter _writer;
    private readonly bool _confidence;

    /// <param name="destination">A seekable stream, left open.</param>
    /// <param name="header">The input.</param>
    /// <param name="first">Its first points, which give the coordinates' offset.</param>
    /// <param name="format">LAS or LAZ, and whether each point gets its confidence as an extra-bytes attribute.</param>
    /// <param name="record">Goes in front of the points.</param>
    public ConvertedLas(Stream destination, PointCloudHeader header, PointColumns first, LasOutputOptions format, LasVlr record)
    {
        _confidence = format.Confidence;
        LasWriterOptions options = LasWriterOptions.For(header, first) with { Compressed = format.Format == "laz", Vlrs = [record] };
        if (_confidence)
            options = options with { Vlrs = [record, LasExtraBytes.Record("confidence", LasExtraBytesType.Float32, "winning class's share of votes")], ExtraBytesLength = sizeof(float) };
        _writer = new LasWriter(destination, options, leaveOpen: true);
    }

    /// <summary>The attributes to read, for <see cref="Write"/> to have them.</summary>
    public static PointAttributes Attributes(PointCloudHeader header) => header.Attributes | PointAttributes.Classification;

    /// <summary>Appends points under their labels; the columns' classes are overwritten.</summary>
    /// <param name="points">The next points of the input.</param>
    /// <param name="labels">Their labels.</param>
    /// <exception cref="InputRefusedException">A coordinate is not a number, or too far from the first point.</exception>
    public void Write(PointColumns points, in LabelRun labels)
    {
        labels.Label.Span.CopyTo(points.Classification);
        ReadOnlySpan<byte> confidence = _confidence ? MemoryMarshal.AsBytes(labels.Confidence.Span) : default;
        try
        {
            _writer.Write(points, confidence);
        }
        catch (ArgumentException fault)
        {
            throw new InputRefusedException($"it does not fit into LAS: {fault.Message}");
        }
    }

    /// <summary>Completes the file; the stream stays open.</summary>
    public void Dispose() => _writer.Dispose();
}
