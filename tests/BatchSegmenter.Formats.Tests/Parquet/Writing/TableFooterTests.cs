using System.Buffers.Binary;
using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Formats.Parquet.Writing;
using Parquet;
using Parquet.Meta;
using Encoding = Parquet.Meta.Encoding;
using Type = Parquet.Meta.Type;

namespace BatchSegmenter.Formats.Tests.Parquet.Writing;

public sealed class TableFooterTests
{
    [Fact]
    public async Task The_library_reads_what_it_says()
    {
        TableFooter footer = new(
            [new("a", ParquetColumnType.Double), new("b", ParquetColumnType.UInt16, IsNullable: true), new("ü", ParquetColumnType.Text)],
            new Dictionary<string, string> { ["bundle"] = "aerial ü", ["empty"] = "" });
        footer.BeginGroup(500);
        footer.AddColumn(0, new(4, default, new(100, 4000), Encoding.BYTE_STREAM_SPLIT, 0), [1, 2, 3, 4, 5, 6, 7, 8], [8, 7, 6, 5, 4, 3, 2, 1]);
        footer.AddColumn(1, new(104, default, new(20, 26), Encoding.PLAIN, 500), default, default);
        footer.AddColumn(2, new(124, new(30, 40), new(50, 600), Encoding.RLE_DICTIONARY, 0), "a"u8, "z"u8);
        footer.EndGroup();

        FileMetaData read = await ReadAsync(footer.Write());

        Assert.Equal((500L, 1), (read.NumRows, read.RowGroups.Count));
        Assert.Matches(@"^BatchSegmenter version \d+\.\d+\.\d+$", read.CreatedBy);
        Assert.Equal([("bundle", "aerial ü"), ("empty", "")], read.KeyValueMetadata!.Select(pair => (pair.Key, pair.Value!)));
        RowGroup group = read.RowGroups[0];
        Assert.Equal((500L, 4666L, 200L), (group.NumRows, group.TotalByteSize, group.TotalCompressedSize));
        ColumnMetaData a = group.Columns[0].MetaData!, b = group.Columns[1].MetaData!, c = group.Columns[2].MetaData!;
        Assert.Equal((Type.DOUBLE, CompressionCodec.ZSTD, 500L, 4L, 100L, 4000L), (a.Type, a.Codec, a.NumValues, a.DataPageOffset, a.TotalCompressedSize, a.TotalUncompressedSize));
        Assert.Equal([Encoding.BYTE_STREAM_SPLIT], a.Encodings);
        Assert.Equal(["a"], a.PathInSchema);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], a.Statistics!.MinValue!);
        Assert.Equal([8, 7, 6, 5, 4, 3, 2, 1], a.Statistics.MaxValue!);
        Assert.Equal((Type.INT32, 500L, null, null), (b.Type, b.Statistics!.NullCount, b.Statistics.MinValue, b.Statistics.MaxValue));
        Assert.Equal([Encoding.RLE, Encoding.PLAIN], b.Encodings);
        Assert.Equal((Type.BYTE_ARRAY, 124L, 154L, 80L), (c.Type, c.DictionaryPageOffset, c.DataPageOffset, c.TotalCompressedSize));
        Assert.Equal([Encoding.PLAIN, Encoding.RLE_DICTIONARY], c.Encodings);
    }

    [Fact]
    public async Task Types_have_their_meaning_in_old_and_new_terms()
    {
        ParquetColumnType[] types = Enum.GetValues<ParquetColumnType>();
        TableFooter footer = new([.. types.Select(type => new ParquetColumn($"{type}", type, type == ParquetColumnType.Float))], new Dictionary<string, string>());

        FileMetaData read = await ReadAsync(footer.Write());

        Assert.Equal(types.Length, read.Schema[0].NumChildren);
        Assert.Equal(
            [
                (Type.BOOLEAN, null), (Type.INT32, ConvertedType.UINT_8), (Type.INT32, ConvertedType.UINT_16), (Type.INT32, ConvertedType.INT_32), (Type.INT64, ConvertedType.INT_64),
                (Type.FLOAT, null), (Type.DOUBLE, null), (Type.BYTE_ARRAY, ConvertedType.UTF8),
            ],
            read.Schema.Skip(1).Select(element => (element.Type!.Value, element.ConvertedType)));
        Assert.Equal((8, false), (read.Schema[2].LogicalType!.INTEGER!.BitWidth, read.Schema[2].LogicalType!.INTEGER!.IsSigned));
        Assert.Equal((64, true), (read.Schema[5].LogicalType!.INTEGER!.BitWidth, read.Schema[5].LogicalType!.INTEGER!.IsSigned));
        Assert.NotNull(read.Schema[8].LogicalType!.STRING);
        Assert.All(
            read.Schema.Skip(1), element => Assert.Equal(element.Name == "Float" ? FieldRepetitionType.OPTIONAL : FieldRepetitionType.REQUIRED, element.RepetitionType));
        Assert.Equal(types.Length, read.ColumnOrders!.Count);
        Assert.Null(read.KeyValueMetadata);
    }

    [Fact]
    public async Task A_new_file_has_nothing_of_the_one_before()
    {
        TableFooter footer = new([new("a", ParquetColumnType.Double)], new Dictionary<string, string>());
        byte[] empty = footer.Write().ToArray();
        footer.BeginGroup(7);
        footer.AddColumn(0, new(4, default, new(1, 1), Encoding.PLAIN, 0), default, default);
        footer.EndGroup();
        Assert.Equal(7, (await ReadAsync(footer.Write())).NumRows);

        footer.Restart();

        Assert.Equal(empty, footer.Write().ToArray());
    }

    private static Task<FileMetaData> ReadAsync(ReadOnlySpan<byte> footer)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        byte[] file = [.. "PAR1"u8, .. footer, .. length, .. "PAR1"u8];
        return ReadAsync(file);

        static async Task<FileMetaData> ReadAsync(byte[] file)
        {
            await using ParquetReader reader = await ParquetReader.CreateAsync(new MemoryStream(file));
            return reader.Metadata!;
        }
    }
}
