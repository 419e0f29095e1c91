namespace BatchSegmenter.Pipeline.Labels;

/// <summary>
/// The labels of one input: put in any order while its tiles are voted on, read back in file order by its writers. Either held in memory
/// (<see cref="HeldLabels"/>) or kept in scratch files, where the input is larger than the memory budget.
/// </summary>
/// <param name="count">Points of the input.</param>
/// <param name="classes">Classes of the bundle, at most 250.</param>
public abstract class CloudLabels(int count, int classes) : IDisposable
{
    /// <summary>The class id of a point whose label is its own class in the source.</summary>
    public const byte FromSource = byte.MaxValue;

    private long _given;

    /// <summary>Points of the input.</summary>
    public int Count { get; } = count;

    /// <summary>Points that were given a label so far: all of them, once each, when the input is over.</summary>
    public long Given => Interlocked.Read(ref _given);

    /// <summary>Classes of the bundle.</summary>
    public int Classes { get; } = classes;

    /// <summary>Gives a point the class that the source has, with full confidence.</summary>
    public abstract void KeepSource(int point, byte code);

    /// <summary>Labels points, each once. May be called from several threads at a time.</summary>
    /// <param name="points">Indices within the file.</param>
    /// <param name="labels">Their labels, in the same order; probabilities may be empty where they are not kept.</param>
    public abstract void Put(ReadOnlySpan<int> points, in LabelRun labels);

    /// <summary>Reads labels of points in file order; valid until the next call. Not while others put or read.</summary>
    /// <param name="first">The first point's index.</param>
    /// <param name="count">Points to read, within the file.</param>
    public abstract LabelRun Read(int first, int count);

    /// <summary>Counts points that were given a label.</summary>
    protected void CountGiven(int points) => Interlocked.Add(ref _given, points);

    /// <summary>Gives memory and scratch files back.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}

/// <summary>Labels of points that follow one another.</summary>
/// <param name="ClassId">Class id of each, or <see cref="CloudLabels.FromSource"/>.</param>
/// <param name="Label">The code written to files: ASPRS where the bundle maps to it.</param>
/// <param name="Confidence">The winning class's share of the votes, 0–1; 1 for points that keep the source's class.</param>
/// <param name="Probabilities">[points, classes], all zero for points that the network did not see; empty where they are not kept.</param>
public readonly record struct LabelRun(
    ReadOnlyMemory<byte> ClassId, ReadOnlyMemory<byte> Label, ReadOnlyMemory<float> Confidence, ReadOnlyMemory<float> Probabilities);
