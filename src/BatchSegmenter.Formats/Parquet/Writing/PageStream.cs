using System.Buffers;
using Parquet.Meta;
using ZstdSharp;
using Encoding = Parquet.Meta.Encoding;

namespace BatchSegmenter.Formats.Parquet.Writing;

/// <summary>How long a page is in the file with its head, and what it would be were it not compressed.</summary>
internal readonly record struct PageSize(int Bytes, int Length);

/// <summary>The bytes of a file that are not yet written to it: pages behind their heads, compressed with zstd. Buffers are kept from page to page.</summary>
internal sealed class PageStream : IDisposable
{
    // Measured on coordinates and confidences: level 2 is 3 % smaller and takes a quarter longer, level 3 is 5 % smaller and takes 2.5 times as long.
    private const int Level = 1;

    private const int MostHeadBytes = 64;

    private readonly Compressor _compressor = new(Level);
    private readonly ThriftWriter _head = new();
    private byte[] _bytes = [];
    private int _count;
    private long _flushed;

    /// <summary>Where the next byte will stand in the file.</summary>
    public long Position => _flushed + _count;

    /// <summary>What is to be written to the file next.</summary>
    public ReadOnlyMemory<byte> Pending => _bytes.AsMemory(0, _count);

    /// <summary>The pending bytes have been written.</summary>
    public void Flushed()
    {
        _flushed += _count;
        _count = 0;
    }

    /// <summary>Begins a file.</summary>
    public void Restart() => (_flushed, _count) = (0, 0);

    /// <summary>Appends bytes as they are.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(_count));
        _count += bytes.Length;
    }

    /// <summary>Appends a page of values, or of indices into a dictionary.</summary>
    /// <param name="page">The page as encoded, definition levels before the values.</param>
    /// <param name="rows">Its rows, with nulls.</param>
    /// <param name="encoding">How the values are encoded.</param>
    public PageSize AppendData(ReadOnlySpan<byte> page, int rows, Encoding encoding)
    {
        int compressed = Compress(page);
        BeginHead(PageType.DATA_PAGE, page.Length, compressed);
        _head.BeginStruct(5);
        _head.Write(1, rows);
        _head.Write(2, (int)encoding);
        _head.Write(3, (int)Encoding.RLE); // definition levels
        _head.Write(4, (int)Encoding.RLE); // repetition levels
        return EndHead(page.Length, compressed);
    }

    /// <summary>Appends a dictionary, whose entries are encoded plainly.</summary>
    /// <param name="page">The entries.</param>
    /// <param name="entries">Their number.</param>
    public PageSize AppendDictionary(ReadOnlySpan<byte> page, int entries)
    {
        int compressed = Compress(page);
        BeginHead(PageType.DICTIONARY_PAGE, page.Length, compressed);
        _head.BeginStruct(7);
        _head.Write(1, entries);
        _head.Write(2, (int)Encoding.PLAIN);
        return EndHead(page.Length, compressed);
    }

    public void Dispose()
    {
        _compressor.Dispose();
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = [];
    }

    // The head tells the compressed length, so that it is made afterwards; room for it is left.
    private int Compress(ReadOnlySpan<byte> page)
    {
        Reserve(MostHeadBytes + Compressor.GetCompressBound(page.Length));
        return _compressor.Wrap(page, _bytes.AsSpan(_count + MostHeadBytes));
    }

    private void BeginHead(PageType type, int length, int compressed)
    {
        _head.Clear();
        _head.BeginStruct();
        _head.Write(1, (int)type);
        _head.Write(2, length);
        _head.Write(3, compressed);
    }

    private PageSize EndHead(int length, int compressed)
    {
        _head.EndStruct();
        _head.EndStruct();
        int head = _head.Written.Length;
        _head.Written.CopyTo(_bytes.AsSpan(_count));
        _bytes.AsSpan(_count + MostHeadBytes, compressed).CopyTo(_bytes.AsSpan(_count + head));
        _count += head + compressed;
        return new(head + compressed, head + length);
    }

    private void Reserve(int more)
    {
        if (_bytes.Length - _count >= more) return;
        byte[] grown = ArrayPool<byte>.Shared.Rent(_count + more);
        _bytes.AsSpan(0, _count).CopyTo(grown);
        if (_bytes.Length > 0) ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = grown;
    }
}
