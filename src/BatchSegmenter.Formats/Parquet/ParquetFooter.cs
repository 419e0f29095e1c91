namespace BatchSegmenter.Formats.Parquet;

/// <summary>
/// Makes of a file's footer one that tells the library what is needed to read columns of numbers, and nothing else: the library looks for no end
/// of the bytes, skips unknown structures wrongly, and recurses as deep as a schema nests.
/// </summary>
/// <remarks>The numbers of fields are those of parquet.thrift. What newer writers add is left out.</remarks>
internal static class ParquetFooter
{
    private const short Schema = 2, PhysicalType = 1, Name = 4, Children = 5;

    private static readonly ThriftField Unit = ThriftField.Struct(new() { [1] = ThriftField.Empty, [2] = ThriftField.Empty, [3] = ThriftField.Empty });

    private static readonly ThriftField Time = ThriftField.Struct(new() { [1] = ThriftField.Truth, [2] = Unit });

    // What a number means: of DECIMAL, TIME, TIMESTAMP and INTEGER there are parameters, of the others only that they are it.
    private static readonly ThriftStruct LogicalType = new()
    {
        [1] = ThriftField.Empty, [2] = ThriftField.Empty, [3] = ThriftField.Empty, [4] = ThriftField.Empty,
        [5] = ThriftField.Struct(new() { [1] = ThriftField.I32, [2] = ThriftField.I32 }), [6] = ThriftField.Empty, [7] = Time, [8] = Time,
        [10] = ThriftField.Struct(new() { [1] = ThriftField.Byte, [2] = ThriftField.Truth }), [11] = ThriftField.Empty, [12] = ThriftField.Empty,
        [13] = ThriftField.Empty, [14] = ThriftField.Empty, [15] = ThriftField.Empty,
    };

    private static readonly ThriftStruct SchemaElement = new()
    {
        [PhysicalType] = ThriftField.I32, [2] = ThriftField.I32, [3] = ThriftField.I32, [6] = ThriftField.I32, [7] = ThriftField.I32, [8] = ThriftField.I32,
        [10] = ThriftField.Struct(LogicalType),
    };

    private static readonly ThriftStruct Statistics = new() { [3] = ThriftField.I64, [5] = ThriftField.Binary, [6] = ThriftField.Binary };

    // Type, encodings, path, codec, number of values, both sizes, the pages' offsets.
    private static readonly ThriftStruct Column = new()
    {
        [1] = ThriftField.I32, [2] = ThriftField.List(ThriftType.I32), [3] = ThriftField.List(ThriftType.Binary), [4] = ThriftField.I32, [5] = ThriftField.I64,
        [6] = ThriftField.I64, [7] = ThriftField.I64, [9] = ThriftField.I64, [10] = ThriftField.I64, [11] = ThriftField.I64,
        [12] = ThriftField.Struct(Statistics),
    };

    private static readonly ThriftStruct RowGroup = new()
    {
        [1] = ThriftField.List(new ThriftStruct { [2] = ThriftField.I64, [3] = ThriftField.Struct(Column) }), [2] = ThriftField.I64, [3] = ThriftField.I64,
    };

    private static readonly ThriftStruct File = new()
    {
        [1] = ThriftField.I32, [3] = ThriftField.I64, [4] = ThriftField.List(RowGroup), [6] = ThriftField.Binary,
    };

    /// <summary>Makes the footer.</summary>
    /// <param name="footer">The file's own.</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="offset">Where it begins in the file.</param>
    /// <exception cref="InvalidPointCloudException">It does not end where it should, or has fields of other types than the format's.</exception>
    public static byte[] Simplify(ReadOnlySpan<byte> footer, string path, long offset)
    {
        ThriftCopier thrift = new(footer, path, offset);
        thrift.Target.BeginStruct();
        for (short id = 0; thrift.ReadField(ref id, out ThriftType type);)
        {
            if (id == Schema && type == ThriftType.List) CopySchema(ref thrift);
            else thrift.CopyField(File, id, type);
        }

        thrift.Target.EndStruct();
        return thrift.Target.Written.ToArray();
    }

    /// <summary>
    /// The schema is a tree in the order of a walk down and along. Its top level alone is kept, groups as a column of bytes, so that their names can
    /// be told.
    /// </summary>
    private static void CopySchema(ref ThriftCopier thrift)
    {
        ThriftWriter footer = thrift.Target, columns = new();
        int count = thrift.ReadListHead(ThriftType.Struct), kept = 0;
        long promised = 0, nested = 0;
        for (int i = 0; i < count; i++)
        {
            thrift.Target = new ThriftWriter();
            long children = CopyElement(ref thrift);
            if (i == 0) promised = children;
            else if (nested > 0) nested += children - 1;
            else
            {
                nested = children;
                kept++;
                columns.WriteRaw(thrift.Target.Written);
            }
        }

        thrift.Target = footer;
        if (nested != 0 || kept != promised) throw thrift.Fault($"a schema of {kept} columns, of which the last lacks {nested} parts, where {promised} columns were promised");
        footer.BeginList(Schema, kept + 1, ThriftType.Struct);
        footer.BeginStruct();
        footer.Write(Name, "schema"u8);
        footer.Write(Children, kept);
        footer.EndStruct();
        footer.WriteRaw(columns.Written);
    }

    /// <summary>Copies a column; returns the number of its children.</summary>
    private static long CopyElement(ref ThriftCopier thrift)
    {
        const int ByteArray = 6;
        long children = 0;
        bool isColumn = false;
        ReadOnlySpan<byte> name = default;
        thrift.Target.BeginStruct();
        for (short id = 0; thrift.ReadField(ref id, out ThriftType type);)
        {
            isColumn |= id == PhysicalType;
            if (id == Name && type == ThriftType.Binary) name = thrift.ReadBinary();
            else if (id == Children && type == ThriftType.I32) children = thrift.ReadInteger(0, int.MaxValue);
            else thrift.CopyField(SchemaElement, id, type);
        }

        if (!isColumn || children > 0)
        {
            thrift.Target.Clear();
            thrift.Target.BeginStruct();
            thrift.Target.Write(PhysicalType, ByteArray);
        }

        thrift.Target.Write(Name, name);
        thrift.Target.EndStruct();
        return children;
    }
}
