using System.Buffers.Binary;
using BatchSegmenter.Formats.Parquet;

namespace BatchSegmenter.Formats.Tests.Parquet;

/// <summary>Footers and heads of pages made by hand, in Thrift's compact encoding.</summary>
public sealed class ParquetSourceTests
{
    private const byte Stop = 0;

    // Three columns without a row: version 1, the schema, rows, groups.
    private static readonly byte[] Sound =
    [
        0x15, 2, 0x19, 0x4C, .. Root(3), .. Double("x"), .. Double("y"), .. Double("z"), 0x16, 0, 0x19, 0x0C, Stop,
    ];

    // Field 40 is none of the format's: a structure of two integers and a list of truths, a map of strings to integers, sixteen bytes.
    private static readonly byte[] Foreign =
    [
        0x0C, 80, 0x15, 2, 0x15, 4, 0x19, 0x21, 1, 2, Stop, 0x1B, 1, 0x85, 1, (byte)'k', 6, 0x1D, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    ];

    [Fact]
    public void A_footer_of_nothing_but_what_is_known_is_read()
    {
        using PointCloudReader reader = Open(Sound);
        Assert.Equal(0, reader.Header.PointCount);
    }

    [Fact]
    public void What_newer_writers_add_is_left_out()
    {
        byte[] schema = [0x15, 2, 0x19, 0x4C, .. Root(3), .. Double("x"), .. Double("y")];
        byte[] last = [0x15, 10, 0x25, 0, 0x18, 1, (byte)'z', .. Foreign, Stop];
        byte[] footer = [.. schema, .. last, 0x16, 0, 0x19, 0x0C, .. Foreign, Stop];
        using PointCloudReader reader = Open(footer);
        Assert.Equal(0, reader.Header.PointCount);
        Assert.Equal(ParquetFooter.Simplify(Sound, "a", 0), ParquetFooter.Simplify(footer, "a", 0));
    }

    [Fact]
    public void Groups_of_columns_are_told_by_name_and_not_entered()
    {
        byte[] group = [0x48, 1, (byte)'g', 0x15, 4, Stop];
        byte[] footer = [0x15, 2, 0x19, 0x6C, .. Root(3), .. Double("x"), .. group, .. Double("y"), .. Double("z"), .. Double("y"), 0x16, 0, 0x19, 0x0C, Stop];
        UnsupportedPointCloudException fault = Assert.Throws<UnsupportedPointCloudException>(() => Open(footer));
        Assert.Contains("it has x, g, y.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_schema_that_nests_without_end_is_no_recursion()
    {
        const int Depth = 1_000_000;
        byte[] level = [0x55, 2, Stop];
        byte[] list = [0xFC, .. Varint(Depth + 5)];
        byte[] nested = [.. Enumerable.Repeat(level, Depth).SelectMany(part => part)];
        byte[] footer = [0x15, 2, 0x19, .. list, .. Root(4), .. nested, .. Double("end"), .. Double("x"), .. Double("y"), .. Double("z"), 0x16, 0, 0x19, 0x0C, Stop];
        using PointCloudReader reader = Open(footer);
        Assert.Equal(0, reader.Header.PointCount);
    }

    [Fact]
    public void Unknown_structures_that_nest_without_end_are_refused()
    {
        byte[] footer = [.. Sound[..^1], 0x0C, 80, .. Enumerable.Repeat((byte)0x1C, 100_000)];
        Assert.Contains("nest more than 64 deep", Refused(footer).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_footer_that_is_cut_is_refused()
    {
        byte[] footer = [.. Sound[..^1], .. Foreign, Stop];
        for (int length = 0; length < footer.Length; length++) Assert.Contains("corrupt or truncated", Refused(footer[..length]).Message, StringComparison.Ordinal);
    }

    // Bytes in place of the footer's first field, the version.
    [Theory]
    [InlineData("15 FF FF FF FF FF FF FF FF FF FF 01", "an integer of more than 10 bytes")]
    [InlineData("15 FF FF FF FF FF FF FF FF FF 01", "where -2147483648 to 2147483647 was expected")]
    [InlineData("16 02", "field 1 is of type I64; I32 was expected")]
    [InlineData("29 FC FF FF FF FF 0F", "a list of 4294967295 elements")]
    [InlineData("0C 50 19 F1 FF FF FF FF 07 00", "a list of 2147483647 elements")]
    [InlineData("0B 50 FF FF FF FF 07 11 00", "a map of 2147483647 entries")]
    [InlineData("08 50 FF FF FF FF FF FF FF FF FF 01 00", "a string of 18446744073709551615 bytes")]
    [InlineData("0E 50 00", "a field of the unknown type 14")]
    [InlineData("29 15 00", "a list of I32; one of Struct was expected")]
    public void What_would_lead_the_library_astray_is_refused_with_its_offset(string first, string expected)
    {
        byte[] footer = [.. Convert.FromHexString(first.Replace(" ", "", StringComparison.Ordinal)), .. Sound[2..]];
        InvalidPointCloudException fault = Refused(footer);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.InRange(fault.Offset!.Value, 4, 4 + footer.Length);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(2)]
    public void A_schema_of_more_or_fewer_columns_than_it_promises_is_refused(int promised)
    {
        byte[] footer = [0x15, 2, 0x19, 0x4C, .. Root(promised), .. Double("x"), .. Double("y"), .. Double("z"), 0x16, 0, 0x19, 0x0C, Stop];
        Assert.Contains($"a schema of 3 columns, of which the last lacks 0 parts, where {promised} columns were promised", Refused(footer).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(11)]
    public void Files_of_a_few_bytes_are_refused(int length)
    {
        byte[] file = [.. "PAR1"u8, 0, 0, 0, 0, .. "PAR1"u8];
        Assert.Throws<InvalidPointCloudException>(() => new ParquetSource(new MemoryStream(file[^length..]), "a", leaveOpen: true));
    }

    // Heads in place of that of x, which has one value: sizes, then what kind of page it is.
    [Theory]
    [InlineData("15 FF FF FF FF FF FF FF FF FF FF FF", "an integer of more than 10 bytes")]
    [InlineData("0C 50 19 F1 FF FF FF FF 07 00 00", "a list of 2147483647 elements")]
    [InlineData("15 00 15 FE FF FF FF 0F 15 10 00", "2147483647, where 0 to")]
    [InlineData("15 00 15 10 15 0F 00", "-8, where 0 to")]
    [InlineData("15 04 15 10 15 10 4C 15 FE FF FF FF 0F 00 00", "2147483647, where 0 to 16777216")]
    public void Heads_of_pages_that_lie_are_refused_with_their_offset(string head, string expected)
    {
        byte[] pages = [.. Convert.FromHexString(head.Replace(" ", "", StringComparison.Ordinal)), 0, 0, 0, 0, 0, 0, 0xF0, 0x3F];
        InvalidPointCloudException fault = Assert.Throws<InvalidPointCloudException>(() => ReadRow(pages));
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
        Assert.InRange(fault.Offset!.Value, 4, 4 + pages.Length);
    }

    [Fact]
    public void A_page_whose_head_has_unknown_fields_is_read()
    {
        // A data page of one plain value, 8 bytes either way.
        byte[] head = [0x15, 0, 0x15, 16, 0x15, 16, 0x2C, 0x15, 2, 0x15, 0, 0x15, 6, 0x15, 6, Stop, .. Foreign, Stop];
        Assert.Equal(1, ReadRow([.. head, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F]));
    }

    [Fact]
    public void A_head_that_the_pages_end_in_is_refused() => Assert.Throws<InvalidPointCloudException>(() => ReadRow([0x15, 0, 0x15, 16]));

    /// <summary>The x of a file of one row, whose columns have the same page.</summary>
    private static double ReadRow(byte[] pages)
    {
        byte[] group = [0x19, 0x3C, .. Chunk("x"), .. Chunk("y"), .. Chunk("z"), 0x16, 0, 0x16, 2, Stop];
        using PointCloudReader reader = Open([.. Sound[..^5], 0x16, 2, 0x19, 0x1C, .. group, Stop], pages);
        PointColumns columns = new(0, PointAttributes.None);
        Assert.Equal(1, reader.Read(columns, 5));
        return columns.X[0];
    }

    private static byte[] Chunk(string name) =>
    [
        0x26, 0, 0x1C, 0x15, 10, 0x19, 0x15, 0, 0x19, 0x18, 1, (byte)name[0], 0x15, 0, 0x16, 2, 0x16, 16, 0x16, 16, 0x26, 8, Stop, Stop,
    ];

    private static byte[] Root(int children) => [0x48, 1, (byte)'s', 0x15, (byte)(children * 2), Stop];

    private static byte[] Double(string name) => [0x15, 10, 0x25, 0, 0x18, (byte)name.Length, .. name.Select(c => (byte)c), Stop];

    private static byte[] Varint(int value) => [(byte)(value | 128), (byte)((value >> 7) | 128), (byte)(value >> 14)];

    private static InvalidPointCloudException Refused(byte[] footer) => Assert.Throws<InvalidPointCloudException>(() => Open(footer));

    private static PointCloudReader Open(byte[] footer, params byte[] pages)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        return PointCloudReader.Open(new MemoryStream([.. "PAR1"u8, .. pages, .. footer, .. length, .. "PAR1"u8]), "a.parquet");
    }
}
