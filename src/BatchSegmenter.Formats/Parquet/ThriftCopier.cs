namespace BatchSegmenter.Formats.Parquet;

/// <summary>
/// Copies structures of Thrift's compact encoding field by field, those that are known; others are left out. What is copied ends where it says,
/// whatever the source was.
/// </summary>
/// <param name="bytes">The source; it may go on behind the structure.</param>
/// <param name="path">The name that messages give.</param>
/// <param name="offset">Where the source begins in its file.</param>
internal ref struct ThriftCopier(ReadOnlySpan<byte> bytes, string path, long offset)
{
    private const int MaxDepth = 64, MaxVarintBytes = 10;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Where copies go.</summary>
    public ThriftWriter Target { get; set; } = new();

    /// <summary>Bytes that have been read.</summary>
    public int Position { get; private set; }

    /// <summary>Copies a structure up to its end, with the fields that <paramref name="known"/> has.</summary>
    public void CopyStruct(ThriftStruct known)
    {
        Target.BeginStruct();
        for (short id = 0; ReadField(ref id, out ThriftType type);) CopyField(known, id, type);
        Target.EndStruct();
    }

    /// <summary>Copies the field whose head was read, or skips it.</summary>
    /// <param name="known">The fields that are kept.</param>
    /// <param name="id">Its number.</param>
    /// <param name="type">Its type.</param>
    public void CopyField(ThriftStruct known, short id, ThriftType type)
    {
        if (!known.TryGetValue(id, out ThriftField? field))
        {
            Skip(type, isElement: false, 0);
            return;
        }

        if (type != field.Type && !(type == ThriftType.False && field.Type == ThriftType.True)) throw Fault($"field {id} is of type {type}; {field.Type} was expected");
        Target.WriteHead(id, type);
        if (type == ThriftType.List) CopyList(field);
        else if (type is not (ThriftType.True or ThriftType.False)) CopyValue(type, field);
    }

    /// <summary>Reads the head of the next field; false at the structure's end.</summary>
    /// <param name="id">The number of the field before, 0 at first; becomes this one's.</param>
    /// <param name="type">Its type.</param>
    public bool ReadField(ref short id, out ThriftType type)
    {
        byte head = Take(1)[0];
        type = (ThriftType)(head & 15);
        if (head == 0) return false;
        id = head >> 4 == 0 ? (short)ReadInteger(short.MinValue, short.MaxValue) : (short)(id + (head >> 4));
        return true;
    }

    /// <summary>Reads the head of a list; returns how many elements follow, of a byte each at least.</summary>
    public int ReadListHead(ThriftType expected)
    {
        int count = ReadListHead(out ThriftType element);
        return element == expected || count == 0 ? count : throw Fault($"a list of {element}; one of {expected} was expected");
    }

    /// <summary>Reads an integer of any width.</summary>
    public long ReadInteger(long min, long max)
    {
        ulong zigzag = ReadVarint();
        long value = (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        return value >= min && value <= max ? value : throw Fault($"{value}, where {min} to {max} was expected");
    }

    /// <summary>Reads a string of bytes.</summary>
    public ReadOnlySpan<byte> ReadBinary()
    {
        ulong length = ReadVarint();
        return length <= (ulong)(_bytes.Length - Position) ? Take((int)length) : throw Fault($"a string of {length} bytes, of which {_bytes.Length - Position} are there");
    }

    /// <summary>That the source is corrupt where it is read.</summary>
    public readonly InvalidPointCloudException Fault(string problem) =>
        new(path, offset + Position, $"{problem}. The Parquet file is corrupt or truncated.");

    private void CopyList(ThriftField field)
    {
        int count = ReadListHead(field.Element);
        Target.WriteListHead(count, field.Element);
        for (; count > 0; count--) CopyValue(field.Element, field);
    }

    private void CopyValue(ThriftType type, ThriftField field)
    {
        switch (type)
        {
            case ThriftType.Byte:
                Target.WriteByte(Take(1)[0]);
                break;
            case ThriftType.I32:
                Target.WriteInteger(field.Max is { } max ? ReadInteger(0, max) : ReadInteger(int.MinValue, int.MaxValue));
                break;
            case ThriftType.I64:
                Target.WriteInteger(ReadInteger(long.MinValue, long.MaxValue));
                break;
            case ThriftType.Binary:
                Target.WriteBinary(ReadBinary());
                break;
            default:
                CopyStruct(field.Of!);
                break;
        }
    }

    private int ReadListHead(out ThriftType element)
    {
        byte head = Take(1)[0];
        element = (ThriftType)(head & 15);
        ulong count = head >> 4 == 15 ? ReadVarint() : (ulong)(head >> 4);
        return count <= (ulong)(_bytes.Length - Position) ? (int)count : throw Fault($"a list of {count} elements in {_bytes.Length - Position} bytes");
    }

    private void Skip(ThriftType type, bool isElement, int depth)
    {
        if (depth == MaxDepth) throw Fault($"structures nest more than {MaxDepth} deep");
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                if (isElement) Take(1);
                break;
            case ThriftType.Byte:
                Take(1);
                break;
            case ThriftType.I16 or ThriftType.I32 or ThriftType.I64:
                ReadVarint();
                break;
            case ThriftType.Double:
                Take(8);
                break;
            case ThriftType.Binary:
                ReadBinary();
                break;
            case ThriftType.List or ThriftType.Set:
                for (int count = ReadListHead(out ThriftType element); count > 0; count--) Skip(element, isElement: true, depth + 1);
                break;
            case ThriftType.Map:
                SkipMap(depth);
                break;
            case ThriftType.Struct:
                for (short id = 0; ReadField(ref id, out ThriftType field);) Skip(field, isElement: false, depth + 1);
                break;
            case ThriftType.Uuid:
                Take(16);
                break;
            default:
                throw Fault($"a field of the unknown type {(byte)type}");
        }
    }

    private void SkipMap(int depth)
    {
        ulong count = ReadVarint();
        if (count == 0) return;
        if (count > (ulong)(_bytes.Length - Position)) throw Fault($"a map of {count} entries in {_bytes.Length - Position} bytes");
        byte types = Take(1)[0];
        for (; count > 0; count--)
        {
            Skip((ThriftType)(types >> 4), isElement: true, depth + 1);
            Skip((ThriftType)(types & 15), isElement: true, depth + 1);
        }
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int i = 0; i < MaxVarintBytes; i++)
        {
            byte part = Take(1)[0];
            value |= (ulong)(part & 127) << (7 * i);
            if (part < 128) return value;
        }

        throw Fault($"an integer of more than {MaxVarintBytes} bytes");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - Position) throw Fault($"the metadata go on behind their {_bytes.Length} bytes");
        Position += count;
        return _bytes.Slice(Position - count, count);
    }
}
