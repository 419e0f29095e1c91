using BatchSegmenter.Formats.Las;
using BatchSegmenter.Formats.Laz;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Laz;

/// <summary>Files that are damaged here, in memory, and read for what is left.</summary>
public class SalvageTests
{
    private static readonly PointReadOptions Skip = new() { CorruptChunks = CorruptChunks.Skip };

    [SkippableTheory]
    [InlineData("formats/laz/pdal-lone-star.laz", 1)]
    [InlineData("formats/laz/pdal-lone-star.laz", 4)]
    [InlineData("survey/train/ign-plain-rgb-nir.laz", 1)]
    [InlineData("survey/train/ign-plain-rgb-nir.laz", 3)]
    public void A_corrupt_chunk_is_named_and_the_others_are_read(string name, int cores)
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Require(name));
        byte[] good = Records(file, new PointReadOptions(), out int length, out _);
        Chunk[] chunks = Chunks(file);
        const int Damaged = 2;
        file.AsSpan((int)(chunks[Damaged].Offset + chunks[Damaged].Length / 2), 4000).Fill(0xFF);

        byte[] left = Records(file, Skip with { Cores = cores }, out _, out IReadOnlyList<PointLoss> losses);

        PointLoss loss = Assert.Single(losses);
        long first = chunks[..Damaged].Sum(chunk => chunk.Points);
        Assert.Equal((Damaged, chunks[Damaged].Offset, chunks[Damaged].Length, first, chunks[Damaged].Points), (loss.Chunk, loss.Offset, loss.Length, loss.FirstPoint, loss.Points));
        Assert.True(left.AsSpan().SequenceEqual((ReadOnlySpan<byte>)[.. good[..(int)(first * length)], .. good[(int)((first + loss.Points) * length)..]]));
        Assert.Throws<InvalidPointCloudException>(() => Records(file, new PointReadOptions { Cores = cores }, out _, out _));
    }

    [SkippableFact]
    public void No_read_spans_a_gap_and_each_tells_where_it_begins()
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Require("formats/laz/pdal-lone-star.laz"));
        Chunk[] chunks = Chunks(file);
        foreach (int damaged in (int[])[0, 1, 3]) file.AsSpan((int)(chunks[damaged].Offset + chunks[damaged].Length / 2), 4000).Fill(0xFF);
        using PointCloudReader whole = PointCloudReader.Open(SharedFiles.Require("formats/laz/pdal-lone-star.laz"));
        PointColumns expected = new(0, PointAttributes.GpsTime);
        while (whole.Read(expected, 1 << 16) > 0) { }

        using PointCloudReader reader = PointCloudReader.Open(new MemoryStream(file), "damaged.laz", Skip);
        PointColumns read = new(0, PointAttributes.GpsTime);
        long total = 0;
        for (int count; (count = reader.Read(read, 70_000)) > 0; read.Count = 0, total += count)
        {
            Assert.Equal(expected.X.AsSpan((int)reader.FirstIndex, count), read.X.AsSpan(0, count));
            Assert.Equal(expected.GpsTime.AsSpan((int)reader.FirstIndex, count), read.GpsTime.AsSpan(0, count));
        }

        Assert.Equal([0L, 1L, 3L], reader.Losses.Select(loss => loss.Chunk!.Value));
        Assert.Equal(whole.Header.PointCount, total + reader.Losses.Sum(loss => loss.Points));
        Assert.Equal(0, reader.Remaining);
    }

    [SkippableTheory]
    [InlineData("formats/laz/pdal-lone-star.laz")]
    [InlineData("survey/train/ign-plain-rgb-nir.laz")]
    [InlineData("survey/validation/us-hills.las")]
    public void A_truncated_file_gives_what_is_there(string name)
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Require(name));
        byte[] good = Records(file, new PointReadOptions(), out int length, out _);
        byte[] left = Records(file[..(file.Length * 2 / 3)], Skip, out _, out IReadOnlyList<PointLoss> losses);

        Assert.NotEmpty(losses);
        Assert.True(good.AsSpan().StartsWith(left));
        Assert.True(left.Length > good.Length / 2, $"only {left.Length} of {good.Length} bytes");
        Assert.Equal(good.Length, left.Length + length * losses.Sum(loss => loss.Points));
    }

    [SkippableTheory]
    [InlineData("survey/train/ign-plain-rgb-nir.laz", 247)]
    [InlineData("survey/validation/us-hills.las", 247)]
    public void A_header_that_promises_too_much_costs_one_loss(string name, int countOffset)
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Require(name));
        byte[] good = Records(file, new PointReadOptions(), out int length, out _);
        BitConverter.TryWriteBytes(file.AsSpan(countOffset), good.Length / length + 70_000);

        byte[] left = Records(file, Skip, out _, out IReadOnlyList<PointLoss> losses);

        Assert.True(left.AsSpan().SequenceEqual(good));
        Assert.Equal(70_000, losses.Sum(loss => loss.Points));
    }

    [SkippableFact]
    public void Noise_and_cuts_anywhere_end_in_points_or_in_one_of_the_three_exceptions()
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Require("formats/laz/las-rs-autzen.laz"));
        Random random = new(7);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = file[..(i % 3 == 0 ? random.Next(file.Length) : file.Length)];
            for (int k = 0; k < i % 5 && damaged.Length > 0; k++) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                Records(damaged, Skip with { Cores = 1 + i % 3 }, out _, out _);
            }
            catch (PointCloudException)
            {
                // Told what is wrong.
            }
        }
    }

    private static Chunk[] Chunks(byte[] file)
    {
        using MemoryStream stream = new(file);
        using LasReader reader = new(new MemoryStream(file), "whole.laz");
        LasVlr record = reader.Vlrs.Single(vlr => vlr.Is(LazVlr.UserId, LazVlr.RecordId));
        LazVlr laz = LazVlr.Parse(record.Payload.Span, "whole.laz", 0);
        return ChunkTable.Read(stream, reader.Las.PointDataOffset, laz, reader.Header.PointCount, out _)!;
    }

    private static byte[] Records(byte[] file, PointReadOptions options, out int length, out IReadOnlyList<PointLoss> losses)
    {
        using LasReader reader = (LasReader)PointCloudReader.Open(new MemoryStream(file), "damaged.laz", options);
        length = reader.Las.RecordLength;
        using MemoryStream all = new();
        byte[] records = new byte[5000 * length];
        for (int count; (count = reader.ReadRecords(records)) > 0;) all.Write(records, 0, count * length);
        losses = reader.Losses;
        return all.ToArray();
    }
}
