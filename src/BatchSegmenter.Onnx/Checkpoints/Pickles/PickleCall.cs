namespace BatchSegmenter.Onnx.Checkpoints.Pickles;

/// <summary>A call that a pickle asks for, of a function that is known.</summary>
/// <param name="Source">The pickle, for errors.</param>
/// <param name="Offset">Where the call stands.</param>
/// <param name="Name">Of the function.</param>
/// <param name="Arguments">What is handed to it.</param>
/// <param name="Spend">Takes a number of copied values from what the pickle may spend.</param>
internal sealed record PickleCall(PickleBytes Source, int Offset, string Name, object?[] Arguments, Action<int> Spend)
{
    /// <summary>The argument, which must be of the type.</summary>
    public T Argument<T>(int index, string what) =>
        index < Arguments.Length && Arguments[index] is T value ? value : throw Mismatch(index, what);

    /// <summary>The argument, which must be a tuple or list of integers.</summary>
    public long[] Integers(int index, int most, string what)
    {
        IReadOnlyList<object?> items = Items(index, what);
        if (items.Count > most) throw Invalid($"{what} of {items.Count} integers; at most {most} are expected");
        Spend(items.Count);
        return [.. items.Select(item => item is long value ? value : throw Mismatch(index, what))];
    }

    /// <summary>The argument, which must be a tuple or a list.</summary>
    public IReadOnlyList<object?> Items(int index, string what) => index < Arguments.Length ? Arguments[index] switch
    {
        object?[] tuple => tuple,
        PickleList list => list.Items,
        _ => throw Mismatch(index, what),
    } : throw Mismatch(index, what);

    public InvalidCheckpointException Invalid(string found) => Source.Invalid(Offset, $"{Name} is called with {found}");

    private InvalidCheckpointException Mismatch(int index, string what) =>
        Invalid($"{(index < Arguments.Length ? PickleReader.KindOf(Arguments[index]) : "nothing")} as argument {index}, where {what} is expected");
}
