using System.Buffers.Binary;
using BatchSegmenter.Formats.Laz;

namespace BatchSegmenter.Formats.Tests.Laz;

public class ChunkTableTests
{
    private static readonly LazVlr Fixed = LazVlr.Parse(PointwiseLazWriter.Vlr(2, 100), "a.laz", 0);
    private static readonly LazVlr Variable = LazVlr.Parse(PointwiseLazWriter.Vlr(2, uint.MaxValue), "a.laz", 0);

    [Fact]
    public void Gives_chunks_of_one_size_the_rest_in_the_last()
    {
        byte[] file = File(Fixed, [700, 65_000, 30]);
        Chunk[]? chunks = Read(file, Fixed, 250, out string? problem);
        Assert.Null(problem);
        Assert.Equal([new(8, 700, 100), new(708, 65_000, 100), new(65_708, 30, 50)], chunks!);
    }

    [Fact]
    public void Leaves_out_chunks_without_points()
    {
        byte[] file = File(Variable, [700, 60, 30], [9, 0, 7]);
        Assert.Equal([new(8, 700, 9), new(768, 30, 7)], Read(file, Variable, 16, out _)!);
    }

    [Fact]
    public void Finds_the_table_by_the_last_bytes_of_the_file()
    {
        byte[] file = File(Fixed, [700]);
        byte[] last = file[..8];
        file.AsSpan(0, 8).Fill(255);
        Assert.Equal([new(8, 700, 60)], Read([.. file, .. last], Fixed, 60, out _)!);
    }

    [Fact]
    public void Takes_bytes_that_an_unfinished_table_leaves_over_for_a_last_chunk()
    {
        byte[] file = File(Variable, [700, 300], [9, 10]);
        byte[] table = PointwiseLazWriter.Table([700], [9]);
        file = [.. file[..1008], .. table];
        Assert.Equal([new(8, 700, 9), new(708, 300, 4)], Read(file, Variable, 13, out _)!);
    }

    [Theory]
    [InlineData(0L)]
    [InlineData(8L)]
    [InlineData(-2L)]
    [InlineData(1008L)]
    [InlineData(long.MaxValue)]
    public void Has_no_table_where_the_offset_is_wrong(long offset)
    {
        byte[] file = File(Fixed, [700, 300]);
        BinaryPrimitives.WriteInt64LittleEndian(file, offset + (offset == 1008 ? file.Length : 0));
        Assert.Null(Read(file, Fixed, 200, out string? problem));
        Assert.Contains("chunk table", problem);
    }

    [Fact]
    public void Has_no_table_where_its_version_is_unknown()
    {
        byte[] file = File(Fixed, [700, 300]);
        file[1008] = 1;
        Assert.Null(Read(file, Fixed, 200, out string? problem));
        Assert.Contains("version 1", problem);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(51)]
    [InlineData(-1)]
    public void Has_no_table_where_it_announces_more_chunks_than_the_file_can_hold(int chunks)
    {
        byte[] file = File(Fixed, [700, 300]);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(1012), chunks);
        Assert.Null(Read(file, Fixed, 200, out string? problem));
        Assert.Contains($"{(uint)chunks} chunks", problem);
    }

    [Fact]
    public void Has_no_table_where_its_entries_end_early()
    {
        byte[] file = File(Fixed, [700, 300]);
        Assert.Null(Read(file[..^2], Fixed, 200, out _));
    }

    [Fact]
    public void Has_no_table_where_it_does_not_fit_the_file()
    {
        // Longer than the point data, shorter than a record, fewer points than the header, bytes left over.
        byte[] data = File(Fixed, [700, 300])[..1008];
        Assert.Null(Read([.. data, .. PointwiseLazWriter.Table([700, 301])], Fixed, 200, out _));
        Assert.Null(Read([.. data, .. PointwiseLazWriter.Table([990, 10])], Fixed, 200, out _));
        Assert.Null(Read([.. data, .. PointwiseLazWriter.Table([700, 300])], Fixed, 201, out _));
        Assert.Null(Read([.. data, .. PointwiseLazWriter.Table([700, 200])], Fixed, 200, out _));
        Assert.NotNull(Read([.. data, .. PointwiseLazWriter.Table([700, 300])], Fixed, 200, out _));
    }

    private static byte[] File(LazVlr vlr, int[] lengths, int[]? points = null)
    {
        byte[] data = new byte[8 + lengths.Sum()];
        BinaryPrimitives.WriteInt64LittleEndian(data, data.Length);
        Assert.Equal(points is not null, vlr.ChunkSize == LazVlr.VariableChunkSize);
        return [.. data, .. PointwiseLazWriter.Table(lengths, points)];
    }

    private static Chunk[]? Read(byte[] file, LazVlr vlr, long points, out string? problem) =>
        ChunkTable.Read(new MemoryStream(file), 0, vlr, points, out problem);
}
