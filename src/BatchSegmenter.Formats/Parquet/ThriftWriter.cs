namespace BatchSegmenter.Formats.Parquet;

/// <summary>Writes structures of Thrift's compact encoding into memory. Fields are told by their number's step from the one before.</summary>
internal sealed class ThriftWriter
{
    private readonly MemoryStream _bytes = new();
    private readonly Stack<short> _outer = new();
    private short _last;

    /// <summary>What has been written; holds until more is.</summary>
    public ReadOnlySpan<byte> Written => _bytes.GetBuffer().AsSpan(0, (int)_bytes.Length);

    /// <summary>Begins anew; the room is kept.</summary>
    public void Clear()
    {
        _bytes.SetLength(0);
        _outer.Clear();
        _last = 0;
    }

    /// <summary>Begins a structure that is an element of a list, or the whole.</summary>
    public void BeginStruct()
    {
        _outer.Push(_last);
        _last = 0;
    }

    /// <summary>Begins a structure that is a field.</summary>
    public void BeginStruct(short id)
    {
        WriteHead(id, ThriftType.Struct);
        BeginStruct();
    }

    /// <summary>Ends the structure begun last.</summary>
    public void EndStruct()
    {
        WriteByte(0);
        _last = _outer.Pop();
    }

    /// <summary>Begins a field that is a list; as many elements must follow.</summary>
    public void BeginList(short id, int count, ThriftType element)
    {
        WriteHead(id, ThriftType.List);
        WriteListHead(count, element);
    }

    /// <summary>Writes a field of 32 bits.</summary>
    public void Write(short id, int value)
    {
        WriteHead(id, ThriftType.I32);
        WriteInteger(value);
    }

    /// <summary>Writes a field of 64 bits.</summary>
    public void Write(short id, long value)
    {
        WriteHead(id, ThriftType.I64);
        WriteInteger(value);
    }

    /// <summary>Writes a field of bytes or of UTF-8.</summary>
    public void Write(short id, ReadOnlySpan<byte> value)
    {
        WriteHead(id, ThriftType.Binary);
        WriteBinary(value);
    }

    /// <summary>Writes the head of a field; of a truth, all of it.</summary>
    public void WriteHead(short id, ThriftType type)
    {
        int step = id - _last;
        WriteByte((byte)((step is > 0 and < 16 ? step << 4 : 0) | (int)type));
        if (step is not (> 0 and < 16)) WriteInteger(id);
        _last = id;
    }

    /// <summary>Writes the head of a list.</summary>
    public void WriteListHead(int count, ThriftType element)
    {
        WriteByte((byte)(Math.Min(count, 15) << 4 | (int)element));
        if (count >= 15) WriteVarint((uint)count);
    }

    /// <summary>Writes an integer of any width but a byte, as a field's value or an element.</summary>
    public void WriteInteger(long value) => WriteVarint((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Writes a string of bytes, as a field's value or an element.</summary>
    public void WriteBinary(ReadOnlySpan<byte> value)
    {
        WriteVarint((uint)value.Length);
        WriteRaw(value);
    }

    /// <summary>Writes a byte, as a field's value or an element.</summary>
    public void WriteByte(byte value) => _bytes.WriteByte(value);

    /// <summary>Writes what is encoded already.</summary>
    public void WriteRaw(ReadOnlySpan<byte> encoded) => _bytes.Write(encoded);

    private void WriteVarint(ulong value)
    {
        for (; value >= 128; value >>= 7) WriteByte((byte)(value | 128));
        WriteByte((byte)value);
    }
}
