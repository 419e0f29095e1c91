namespace BatchSegmenter.Formats.Records;

/// <summary>The records of a file in order, whatever they look like there, as little endian bytes of one length.</summary>
internal abstract class RecordRuns
{
    /// <summary>Bytes of a record as it is handed out.</summary>
    public required int Stride { get; init; }

    /// <summary>Records that the file promises.</summary>
    public required long Count { get; init; }

    /// <summary>The file, for messages.</summary>
    public required string Path { get; init; }

    /// <summary>Byte offset in the file up to which the records were read.</summary>
    public abstract long Position { get; }

    /// <summary>Refuses a file whose length alone shows that it has fewer records than it promises.</summary>
    /// <exception cref="InvalidPointCloudException">It is too short.</exception>
    public virtual void CheckLength()
    {
    }

    /// <summary>Goes back to the first record.</summary>
    public abstract void Rewind();

    /// <summary>Reads the next records.</summary>
    /// <param name="records">Room for whole records, at least one; no more than remain.</param>
    /// <returns>The number read, at least 1; fewer than there is room for where the next one is damaged or buffers end.</returns>
    /// <exception cref="InvalidPointCloudException">The next record is damaged or missing.</exception>
    public abstract int Read(Span<byte> records);
}
