using Parquet.Meta;
using Encoding = Parquet.Meta.Encoding;
using PhysicalType = Parquet.Meta.Type;

namespace BatchSegmenter.Formats.Parquet.Writing;

/// <summary>Where the pages of a column of a row group are.</summary>
/// <param name="Start">Where the first page begins in the file.</param>
/// <param name="Dictionary">The dictionary; of no bytes where there is none.</param>
/// <param name="Data">The page of values.</param>
/// <param name="Encoding">How the values are encoded.</param>
/// <param name="Nulls">Rows without a value.</param>
internal readonly record struct ColumnPages(long Start, PageSize Dictionary, PageSize Data, Encoding Encoding, long Nulls);

/// <summary>The end of a file: its schema, where the columns of each row group are, and what is known of their values.</summary>
/// <remarks>The numbers of fields are those of parquet.thrift.</remarks>
internal sealed class TableFooter
{
    private static readonly string CreatedBy = $"BatchSegmenter version {typeof(TableFooter).Assembly.GetName().Version!.ToString(3)}";

    private static readonly System.Text.Encoding Utf8 = System.Text.Encoding.UTF8;

    private readonly IReadOnlyList<ParquetColumn> _columns;
    private readonly byte[][] _names;
    private readonly KeyValuePair<string, string>[] _metadata;
    private readonly ThriftWriter _footer = new();
    private readonly ThriftWriter _groups = new();
    private int _groupCount;
    private int _groupRows;
    private long _rows;
    private PageSize _groupSize;

    /// <param name="columns">The columns.</param>
    /// <param name="metadata">Texts by their keys, in their order.</param>
    public TableFooter(IReadOnlyList<ParquetColumn> columns, IReadOnlyDictionary<string, string> metadata)
    {
        (_columns, _metadata) = (columns, [.. metadata]);
        _names = [.. columns.Select(column => Utf8.GetBytes(column.Name))];
    }

    /// <summary>How the values of a column are stored.</summary>
    public static PhysicalType StorageOf(ParquetColumnType type) => type switch
    {
        ParquetColumnType.Boolean => PhysicalType.BOOLEAN,
        ParquetColumnType.Int64 => PhysicalType.INT64,
        ParquetColumnType.Float => PhysicalType.FLOAT,
        ParquetColumnType.Double => PhysicalType.DOUBLE,
        ParquetColumnType.Text => PhysicalType.BYTE_ARRAY,
        _ => PhysicalType.INT32,
    };

    /// <summary>Begins a file.</summary>
    public void Restart()
    {
        _groups.Clear();
        (_groupCount, _rows) = (0, 0);
    }

    /// <summary>Begins a row group.</summary>
    public void BeginGroup(int rows)
    {
        (_groupRows, _groupSize) = (rows, default);
        _groups.BeginStruct();
        _groups.BeginList(1, _columns.Count, ThriftType.Struct);
    }

    /// <summary>Adds the next column of the row group.</summary>
    /// <param name="index">Its place in the schema.</param>
    /// <param name="pages">Where it is.</param>
    /// <param name="min">The least value as stored; empty where there is none to tell.</param>
    /// <param name="max">The greatest value.</param>
    public void AddColumn(int index, ColumnPages pages, ReadOnlySpan<byte> min, ReadOnlySpan<byte> max)
    {
        bool hasDictionary = pages.Dictionary.Bytes > 0, isNullable = _columns[index].IsNullable;
        PageSize size = new(pages.Dictionary.Bytes + pages.Data.Bytes, pages.Dictionary.Length + pages.Data.Length);
        _groups.BeginStruct();
        _groups.Write(2, 0L); // the format's writers are told to put nothing else here
        _groups.BeginStruct(3);
        _groups.Write(1, (int)StorageOf(_columns[index].Type));
        _groups.BeginList(2, 1 + (hasDictionary ? 1 : 0) + (isNullable ? 1 : 0), ThriftType.I32);
        if (hasDictionary) _groups.WriteInteger((int)Encoding.PLAIN);
        if (isNullable) _groups.WriteInteger((int)Encoding.RLE);
        _groups.WriteInteger((int)pages.Encoding);
        _groups.BeginList(3, 1, ThriftType.Binary);
        _groups.WriteBinary(_names[index]);
        _groups.Write(4, (int)CompressionCodec.ZSTD);
        _groups.Write(5, (long)_groupRows);
        _groups.Write(6, (long)size.Length);
        _groups.Write(7, (long)size.Bytes);
        _groups.Write(9, pages.Start + pages.Dictionary.Bytes);
        if (hasDictionary) _groups.Write(11, pages.Start);
        _groups.BeginStruct(12);
        _groups.Write(3, pages.Nulls);
        if (!max.IsEmpty || !min.IsEmpty)
        {
            _groups.Write(5, max);
            _groups.Write(6, min);
        }

        _groups.EndStruct();
        _groups.EndStruct();
        _groups.EndStruct();
        _groupSize = new(_groupSize.Bytes + size.Bytes, _groupSize.Length + size.Length);
    }

    /// <summary>Ends the row group.</summary>
    public void EndGroup()
    {
        _groups.Write(2, (long)_groupSize.Length);
        _groups.Write(3, (long)_groupRows);
        _groups.Write(6, (long)_groupSize.Bytes);
        _groups.EndStruct();
        _groupCount++;
        _rows += _groupRows;
    }

    /// <summary>Writes the footer; the result holds until the next file's.</summary>
    public ReadOnlySpan<byte> Write()
    {
        _footer.Clear();
        _footer.BeginStruct();
        _footer.Write(1, 1);
        WriteSchema();
        _footer.Write(3, _rows);
        _footer.BeginList(4, _groupCount, ThriftType.Struct);
        _footer.WriteRaw(_groups.Written);
        if (_metadata.Length > 0) WriteMetadata();
        _footer.Write(6, Utf8.GetBytes(CreatedBy));
        WriteOrders();
        _footer.EndStruct();
        return _footer.Written;
    }

    private void WriteSchema()
    {
        _footer.BeginList(2, 1 + _columns.Count, ThriftType.Struct);
        _footer.BeginStruct();
        _footer.Write(4, "root"u8);
        _footer.Write(5, _columns.Count);
        _footer.EndStruct();
        for (int i = 0; i < _columns.Count; i++)
        {
            _footer.BeginStruct();
            _footer.Write(1, (int)StorageOf(_columns[i].Type));
            _footer.Write(3, (int)(_columns[i].IsNullable ? FieldRepetitionType.OPTIONAL : FieldRepetitionType.REQUIRED));
            _footer.Write(4, _names[i]);
            WriteMeaning(_columns[i].Type);
            _footer.EndStruct();
        }
    }

    // What storage alone does not tell, as readers of before 2018 know it and as newer ones do.
    private void WriteMeaning(ParquetColumnType type)
    {
        if (type == ParquetColumnType.Text)
        {
            _footer.Write(6, (int)ConvertedType.UTF8);
            _footer.BeginStruct(10);
            _footer.BeginStruct(1);
            _footer.EndStruct();
            _footer.EndStruct();
        }
        else if (type is ParquetColumnType.UInt8) WriteInteger(ConvertedType.UINT_8, 8, isSigned: false);
        else if (type is ParquetColumnType.UInt16) WriteInteger(ConvertedType.UINT_16, 16, isSigned: false);
        else if (type is ParquetColumnType.Int32) WriteInteger(ConvertedType.INT_32, 32, isSigned: true);
        else if (type is ParquetColumnType.Int64) WriteInteger(ConvertedType.INT_64, 64, isSigned: true);
    }

    private void WriteInteger(ConvertedType converted, byte bits, bool isSigned)
    {
        _footer.Write(6, (int)converted);
        _footer.BeginStruct(10);
        _footer.BeginStruct(10);
        _footer.WriteHead(1, ThriftType.Byte);
        _footer.WriteByte(bits);
        _footer.WriteHead(2, isSigned ? ThriftType.True : ThriftType.False);
        _footer.EndStruct();
        _footer.EndStruct();
    }

    private void WriteMetadata()
    {
        _footer.BeginList(5, _metadata.Length, ThriftType.Struct);
        foreach ((string key, string value) in _metadata)
        {
            _footer.BeginStruct();
            _footer.Write(1, Utf8.GetBytes(key));
            _footer.Write(2, Utf8.GetBytes(value));
            _footer.EndStruct();
        }
    }

    // That bounds are ordered as the column's type is; readers do not believe them without.
    private void WriteOrders()
    {
        _footer.BeginList(7, _columns.Count, ThriftType.Struct);
        for (int i = 0; i < _columns.Count; i++)
        {
            _footer.BeginStruct();
            _footer.BeginStruct(1);
            _footer.EndStruct();
            _footer.EndStruct();
        }
    }
}
