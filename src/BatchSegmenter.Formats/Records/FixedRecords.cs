namespace BatchSegmenter.Formats.Records;

/// <summary>Records that stand in the file as they are, one after another.</summary>
/// <param name="stream">The file.</param>
/// <param name="start">Byte offset of the first record.</param>
/// <param name="bigEndian">Offset and size of the fields whose bytes are to be turned round; empty for little endian records.</param>
internal sealed class FixedRecords(Stream stream, long start, (int Offset, int Size)[] bigEndian) : RecordRuns
{
    private long _position;

    public override long Position => _position;

    public override void CheckLength()
    {
        if (Math.Max(0, stream.Length - start) / Stride < Count) throw Truncated();
    }

    public override void Rewind() => _position = start;

    public override int Read(Span<byte> records)
    {
        records = records[..(records.Length / Stride * Stride)];
        if (stream.Position != _position) stream.Position = _position;
        int found = stream.ReadAtLeast(records, records.Length, throwOnEndOfStream: false) / Stride;
        if (found == 0) throw Truncated();
        records = records[..(found * Stride)];
        _position += records.Length;
        foreach ((int offset, int size) in bigEndian) ScalarColumn.Reverse(records, Stride, offset, size);
        return found;
    }

    private InvalidPointCloudException Truncated()
    {
        long whole = Math.Max(0, stream.Length - start) / Stride;
        return new InvalidPointCloudException(
            Path, stream.Length,
            $"the file ends after {stream.Length} bytes with {whole} whole records; the header promises {Count} of {Stride} bytes from byte {start}. The file is truncated or its count wrong.");
    }
}
