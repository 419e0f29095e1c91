namespace BatchSegmenter.Formats.Archives;

/// <summary>A part of another stream, of which a member that is stored as it is consists. Several may share one source in turn.</summary>
/// <param name="source">A seekable stream.</param>
/// <param name="offset">Where the part begins.</param>
/// <param name="length">Its bytes; fewer in <paramref name="source"/> is a fault when they are read.</param>
/// <param name="address">The name that messages give.</param>
/// <param name="owner">Disposed with this.</param>
internal sealed class BoundedStream(Stream source, long offset, long length, string address, IDisposable? owner = null) : ReadOnlyStream
{
    public override long Length => length;

    public override int Read(Span<byte> buffer)
    {
        long left = length - Position;
        if (left <= 0 || buffer.IsEmpty) return 0;
        if (source.Position != offset + Position) source.Position = offset + Position;
        int count = source.Read(buffer[..(int)Math.Min(buffer.Length, left)]);
        if (count == 0)
            throw new InvalidPointCloudException(
                address, Position, $"the archive ends at this byte of the member, of which it promises {length}. The archive is truncated.");
        Position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) owner?.Dispose();
        base.Dispose(disposing);
    }
}
