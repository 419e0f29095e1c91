using System.Buffers.Binary;

namespace BatchSegmenter.Formats.Parquet;

/// <summary>
/// A file as the library is given it: its pages, behind each head of one and in the footer what is known and sound. The library itself would read on
/// behind the end of a damaged one for ever, or take the memory that it promises.
/// </summary>
internal sealed class ParquetSource : ReadOnlyStream
{
    private const int TailBytes = 8, MaxHeadBytes = 1 << 14;

    // A page cannot hold more than the rows that are believed, nor they more than 16 bytes each.
    private const long BelievedPageBytes = 32 << 20;
    private const int PageBytesPerByte = 1 << 10;

    private readonly Stream _file;
    private readonly string _path;
    private readonly bool _leaveOpen;
    private readonly long _pagesEnd;
    private readonly byte[] _tail;
    private readonly ThriftStruct _pageHead;
    private byte[] _head = [];
    private int _headGiven;
    private bool _isAtPage;

    /// <summary>Reads the footer.</summary>
    /// <param name="file">A seekable stream.</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="leaveOpen">Whether <paramref name="file"/> stays open; it does where this throws.</param>
    /// <exception cref="InvalidPointCloudException">The file is too short, or its footer damaged.</exception>
    public ParquetSource(Stream file, string path, bool leaveOpen)
    {
        (_file, _path, _leaveOpen) = (file, path, leaveOpen);
        long length = file.Length;
        if (length < (2 * TailBytes) - 4) throw new InvalidPointCloudException(path, length, $"a Parquet file of {length} bytes. It is truncated.");
        Span<byte> end = stackalloc byte[TailBytes];
        file.Position = length - TailBytes;
        file.ReadExactly(end);
        if (!end[4..].SequenceEqual("PAR1"u8)) throw new InvalidPointCloudException(path, length - 4, "no mark of Parquet at the end. The file is truncated.");
        uint footerBytes = BinaryPrimitives.ReadUInt32LittleEndian(end);
        if (footerBytes > length - TailBytes - 4)
            throw new InvalidPointCloudException(path, length - TailBytes, $"a footer of {footerBytes} bytes in a file of {length}. The file is truncated or corrupt.");
        _pagesEnd = length - TailBytes - footerBytes;
        byte[] footer = new byte[footerBytes];
        file.Position = _pagesEnd;
        file.ReadExactly(footer);
        footer = ParquetFooter.Simplify(footer, path, _pagesEnd);
        BinaryPrimitives.WriteInt32LittleEndian(end, footer.Length);
        _tail = [.. footer, .. end];
        _pageHead = PageHead(Math.Min(int.MaxValue, Math.Max(BelievedPageBytes, length * PageBytesPerByte)), length);
    }

    /// <inheritdoc/>
    public override long Length => _pagesEnd + _tail.Length;

    /// <inheritdoc/>
    public override long Position
    {
        get => base.Position;
        set
        {
            base.Position = value;
            _isAtPage = false;
            _headGiven = _head.Length;
        }
    }

    /// <summary>The library goes to the head of each page by this, and to nothing else from the start.</summary>
    public override long Seek(long offset, SeekOrigin origin)
    {
        long position = base.Seek(offset, origin);
        _isAtPage = origin == SeekOrigin.Begin;
        return position;
    }

    public override int ReadByte()
    {
        if (_isAtPage) ReadPageHead();
        return base.ReadByte();
    }

    public override int Read(Span<byte> buffer)
    {
        if (_headGiven < _head.Length)
        {
            int given = Math.Min(buffer.Length, _head.Length - _headGiven);
            _head.AsSpan(_headGiven, given).CopyTo(buffer);
            _headGiven += given;
            return given;
        }

        if (Position >= Length) return 0;
        int count;
        if (Position >= _pagesEnd)
        {
            ReadOnlySpan<byte> left = _tail.AsSpan((int)(Position - _pagesEnd));
            count = Math.Min(buffer.Length, left.Length);
            left[..count].CopyTo(buffer);
        }
        else
        {
            if (_file.Position != Position) _file.Position = Position;
            count = _file.Read(buffer[..(int)Math.Min(buffer.Length, _pagesEnd - Position)]);
            if (count == 0) throw new EndOfStreamException();
        }

        Position += count;
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_leaveOpen) _file.Dispose();
        base.Dispose(disposing);
    }

    private static ThriftStruct PageHead(long maxBytes, long fileBytes)
    {
        ThriftField values = ThriftField.UpTo(ParquetPointReader.MaxRowsPerGroup), bytes = ThriftField.UpTo(maxBytes);
        return new()
        {
            [1] = ThriftField.I32, [2] = bytes, [3] = ThriftField.UpTo(Math.Min(maxBytes, fileBytes)),
            [5] = ThriftField.Struct(new() { [1] = values, [2] = ThriftField.I32, [3] = ThriftField.I32, [4] = ThriftField.I32 }),
            [7] = ThriftField.Struct(new() { [1] = values, [2] = ThriftField.I32, [3] = ThriftField.Truth }),
            [8] = ThriftField.Struct(new()
            {
                [1] = values, [2] = values, [3] = values, [4] = ThriftField.I32, [5] = bytes, [6] = bytes, [7] = ThriftField.Truth,
            }),
        };
    }

    private void ReadPageHead()
    {
        long at = Position;
        byte[] bytes = new byte[(int)Math.Clamp(_pagesEnd - at, 0, MaxHeadBytes)];
        _file.Position = at;
        _file.ReadExactly(bytes);
        ThriftCopier thrift = new(bytes, _path, at);
        thrift.CopyStruct(_pageHead);
        Position = at + thrift.Position;
        _head = thrift.Target.Written.ToArray();
        _headGiven = 0;
    }
}
