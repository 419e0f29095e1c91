using System.Buffers.Binary;
using BatchSegmenter.Formats.Laz;

namespace BatchSegmenter.Formats.Tests.Laz;

public class LazPointWriterTests
{
    private static readonly byte[] s_records = PointwiseLazWriter.Records(2630);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(40)]
    public void The_bytes_are_those_of_plain_code_whatever_the_cores(int cores)
    {
        byte[] expected = PointwiseLazWriter.PointData(s_records, [.. Enumerable.Repeat(250, 10), 130]);
        foreach (int run in (ReadOnlySpan<int>)[1, 99, 250, 10_000])
            Assert.Equal(expected, Write(new MemoryStream(), LazVlr.Create(0, 0, chunkSize: 250), cores, run));
    }

    [Fact]
    public void Chunks_of_different_size_have_their_points_in_the_table()
    {
        MemoryStream file = new();
        LazVlr vlr = LazVlr.Create(0, 0, LazVlr.VariableChunkSize);
        using (LazPointWriter writer = new(file, vlr, 0))
        {
            int first = 0;
            foreach (int points in (ReadOnlySpan<int>)[1, 2000, 629])
            {
                writer.Write(s_records.AsSpan(first * 20, points * 20));
                writer.EndChunk();
                writer.EndChunk();
                first += points;
            }

            writer.Complete();
        }

        Assert.Equal(PointwiseLazWriter.PointData(s_records, [1, 2000, 629], variable: true), file.ToArray());
    }

    [Fact]
    public void A_stream_that_cannot_seek_has_the_tables_place_in_its_last_bytes()
    {
        LazVlr vlr = LazVlr.Create(0, 0, chunkSize: 250);
        byte[] seekable = Write(new MemoryStream(), vlr, 1, 1000);
        byte[] piped = Write(new Pipe(), vlr, 1, 1000);
        Assert.Equal(-1, BinaryPrimitives.ReadInt64LittleEndian(piped));
        Assert.Equal([.. seekable[8..], .. seekable[..8]], piped[8..]);
        using LazPointReader reader = new(new MemoryStream(piped), "piped.laz", vlr, 0, 2630, 20);
        byte[] back = new byte[s_records.Length];
        Assert.Equal(2630, reader.Read(back));
        Assert.Equal(s_records, back);
    }

    [Fact]
    public void The_place_of_the_table_counts_from_the_start_of_the_file()
    {
        MemoryStream stream = new();
        stream.Write(new byte[1000]);
        using LazPointWriter writer = new(stream, LazVlr.Create(0, 0), position: 400);
        writer.Write(s_records);
        writer.Complete();
        Assert.Equal(stream.Length, 1000 + writer.Length);
        long table = BinaryPrimitives.ReadInt64LittleEndian(stream.ToArray().AsSpan(1000));
        Assert.Equal(PointwiseLazWriter.Table([(int)(table - 400 - 8)]), stream.ToArray()[(int)(table + 600)..]);
    }

    [Fact]
    public void No_points_are_no_chunks()
    {
        using LazPointWriter writer = new(new MemoryStream(), LazVlr.Create(6, 0), 0);
        writer.Complete();
        Assert.Equal(16, writer.Length);
    }

    [Fact]
    public void Long_records_get_smaller_chunks()
    {
        Assert.Equal(50_000u, LazVlr.Create(8, 100).ChunkSize);
        Assert.InRange(LazVlr.Create(8, 65_000).ChunkSize, 500u, 520u);
    }

    private static byte[] Write(MemoryStream file, LazVlr vlr, int cores, int run)
    {
        using LazPointWriter writer = new(file, vlr, 0, cores);
        for (int at = 0; at < s_records.Length; at += run * 20) writer.Write(s_records.AsSpan(at, Math.Min(run * 20, s_records.Length - at)));
        writer.Complete();
        Assert.Equal(file.ToArray().Length, writer.Length);
        return file.ToArray();
    }

    internal sealed class Pipe : MemoryStream
    {
        public override bool CanSeek => false;

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    }
}
