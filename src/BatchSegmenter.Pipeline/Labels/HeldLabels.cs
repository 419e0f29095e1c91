namespace BatchSegmenter.Pipeline.Labels;

/// <summary>Labels held in memory, in file order.</summary>
/// <param name="count">Points of the input.</param>
/// <param name="classes">Classes of the bundle, at most 250.</param>
/// <param name="keepProbabilities">Whether <see cref="Probabilities"/> is there.</param>
public sealed class HeldLabels(int count, int classes, bool keepProbabilities) : CloudLabels(count, classes)
{
    /// <inheritdoc cref="LabelRun.ClassId"/>
    public byte[] ClassId { get; } = new byte[count];

    /// <inheritdoc cref="LabelRun.Label"/>
    public byte[] Label { get; } = new byte[count];

    /// <inheritdoc cref="LabelRun.Confidence"/>
    public float[] Confidence { get; } = new float[count];

    /// <summary>[points, classes], or null. All zero for points that the network did not see.</summary>
    public float[]? Probabilities { get; } = keepProbabilities ? new float[(long)count * classes] : null;

    /// <inheritdoc/>
    public override void KeepSource(int point, byte code)
    {
        ClassId[point] = FromSource;
        Label[point] = code;
        Confidence[point] = 1;
        CountGiven(1);
    }

    /// <inheritdoc/>
    public override void Put(ReadOnlySpan<int> points, in LabelRun labels)
    {
        ReadOnlySpan<byte> classId = labels.ClassId.Span, label = labels.Label.Span;
        ReadOnlySpan<float> confidence = labels.Confidence.Span, probabilities = labels.Probabilities.Span;
        for (int i = 0; i < points.Length; i++)
        {
            int point = points[i];
            (ClassId[point], Label[point], Confidence[point]) = (classId[i], label[i], confidence[i]);
            if (Probabilities is not null) probabilities.Slice(i * Classes, Classes).CopyTo(Probabilities.AsSpan(point * Classes, Classes));
        }
        CountGiven(points.Length);
    }

    /// <inheritdoc/>
    public override LabelRun Read(int first, int count) => new(
        ClassId.AsMemory(first, count), Label.AsMemory(first, count), Confidence.AsMemory(first, count),
        Probabilities is null ? default : Probabilities.AsMemory(first * Classes, count * Classes));
}
