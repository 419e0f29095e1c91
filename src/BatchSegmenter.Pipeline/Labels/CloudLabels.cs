namespace BatchSegmenter.Pipeline.Labels;

/// <summary>The labels of one input, in file order: what its writers need beside the input itself.</summary>
public sealed class CloudLabels
{
    /// <summary>The class id of a point whose label is its own class in the source.</summary>
    public const byte FromSource = byte.MaxValue;

    /// <summary>The class id of a point that waits for its label.</summary>
    public const byte Awaited = byte.MaxValue - 1;

    /// <param name="count">Points of the input.</param>
    /// <param name="classes">Classes of the bundle, at most 250.</param>
    /// <param name="keepProbabilities">Whether <see cref="Probabilities"/> is there.</param>
    public CloudLabels(int count, int classes, bool keepProbabilities)
    {
        ClassId = new byte[count];
        Label = new byte[count];
        Confidence = new float[count];
        Probabilities = keepProbabilities ? new float[(long)count * classes] : null;
        Classes = classes;
    }

    /// <summary>Points of the input.</summary>
    public int Count => Label.Length;

    /// <summary>Classes of the bundle.</summary>
    public int Classes { get; }

    /// <summary>Class id, or <see cref="FromSource"/>.</summary>
    public byte[] ClassId { get; }

    /// <summary>The code written to files: ASPRS where the bundle maps to it.</summary>
    public byte[] Label { get; }

    /// <summary>The winning class's share of the votes, 0–1; 1 for points that keep the source's class.</summary>
    public float[] Confidence { get; }

    /// <summary>[points, classes], or null. All zero for points that the network did not see.</summary>
    public float[]? Probabilities { get; }

    /// <summary>Marks a point as one that the network shall label.</summary>
    public void Await(int point) => ClassId[point] = Awaited;

    /// <summary>Gives a point the class that the source has.</summary>
    public void KeepSource(int point, byte code)
    {
        ClassId[point] = FromSource;
        Label[point] = code;
        Confidence[point] = 1;
    }
}
