namespace BatchSegmenter.Formats.Records;

/// <summary>A property of a record as a file's header states it.</summary>
/// <param name="Name">Its name, in the file's own spelling.</param>
/// <param name="Type">Type of its values.</param>
/// <param name="Count">Values in each record; of a list it is 1.</param>
/// <param name="ListCount">Type of the number of values that stands before them, where that differs from record to record.</param>
internal sealed record RecordProperty(string Name, ScalarType Type, int Count = 1, ScalarType? ListCount = null)
{
    /// <summary>Bytes in a record; of no meaning for a list.</summary>
    public long Size => (long)Type.Size() * Count;
}
