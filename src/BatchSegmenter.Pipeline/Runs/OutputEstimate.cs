using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// How large outputs will be. By the inputs that are done already with the same options, if there are any: their mean of bytes per point. Else by a rule,
/// measured on aerial surveys of 1 to 20 points/m², which may be half as much again or a third too high: 16 bytes a point for the dataset, 3 more for each
/// share of a class and for the entropy, 1.5 for each column carried over; a labelled LAZ has the bytes of a LAZ input, else 5 a point, a labelled LAS
/// those of a LAS input, else 34 a point; the confidence takes 3 more in LAZ and 4 in LAS.
/// </summary>
public sealed class OutputEstimate
{
    private readonly double? _measured;
    private readonly WriteOptions _write;
    private readonly int _classes;

    /// <param name="write">What is written.</param>
    /// <param name="classes">Classes of the network.</param>
    /// <param name="done">Records of inputs that are done with the same options.</param>
    public OutputEstimate(WriteOptions write, int classes, IReadOnlyCollection<DoneRecord> done)
    {
        (_write, _classes) = (write, classes);
        (double points, double bytes) = (done.Sum(record => record.Summary.Points), done.Sum(record => record.Outputs.Sum(output => output.Bytes)));
        if (points <= 0) return;
        (_measured, Inputs) = (bytes / points, done.Count);
    }

    /// <summary>Inputs that the estimate rests on; 0 where it rests on the rule.</summary>
    public int Inputs { get; }

    /// <summary>Bytes of all outputs of an input.</summary>
    /// <param name="header">Tells points and format.</param>
    /// <param name="inputBytes">Size of the input.</param>
    public long Of(PointCloudHeader header, long inputBytes)
    {
        if (_measured is { } mean) return (long)(header.PointCount * mean);
        double bytes = 0;
        if (_write.Points is { } points)
            bytes += header.PointCount * (16 + (points.Probabilities ? 3.0 * _classes : 0) + (points.Entropy ? 3 : 0) + 1.5 * points.Columns.Count);
        if (_write.Las is { } las)
        {
            bool toLaz = las.Format == "laz";
            bytes += header.Format == las.Format ? inputBytes : header.PointCount * (toLaz ? 5.0 : 34);
            if (las.Confidence) bytes += header.PointCount * (toLaz ? 3.0 : 4);
        }

        return (long)bytes;
    }
}
