using BatchSegmenter.Formats.Laz;
using BatchSegmenter.Formats.Tests.Las;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Laz;

public class ChunkEncoderTests
{
    /// <summary>
    /// Chunks that LASzip wrote otherwise. The first chunk of «house» (LASzip 2.1) has a GPS time whose multiple a 32-bit processor
    /// rounded in 80 bits.
    /// </summary>
    private static readonly string[] Different = ["laz/lastools-house.laz chunk 0"];

    public static TheoryData<string> RealFiles()
    {
        TheoryData<string> paths = [];
        if (!File.Exists(Path.Combine(SharedFiles.Root, "formats", "records.csv"))) paths.Add("laz/pdal-lone-star.laz");
        else foreach (RecordsList row in RecordsList.Of("laz").Concat(RecordsList.Of("copc"))) paths.Add(row.Path);
        return paths;
    }

    [SkippableTheory]
    [MemberData(nameof(RealFiles))]
    public void Gives_the_bytes_of_the_file_for_the_records_of_each_chunk(string file)
    {
        string path = SharedFiles.Require("formats/" + file);
        LazFile laz = LazFile.Parse(path);
        Skip.If(laz.Vlr.Compressor == LazCompressor.Pointwise, "one stream of all points: not written");
        Skip.If(laz.PointCount == 0, "no points");
        using FileStream stream = File.OpenRead(path);
        Chunk[] chunks = ChunkTable.Read(stream, laz.PointDataOffset, laz.Vlr, laz.PointCount, out string? problem) ?? throw new InvalidDataException(problem);
        using LazPointReader reader = laz.Open(File.OpenRead(path), path);
        ChunkEncoder encoder = ChunkEncoder.Create(laz.Vlr);
        List<string> different = [];
        for (int i = 0; i < chunks.Length; i++)
        {
            byte[] records = new byte[chunks[i].Points * laz.RecordLength];
            Assert.Equal(chunks[i].Points, reader.Read(records));
            MemoryStream actual = new();
            encoder.Encode(records);
            Assert.Equal(encoder.WriteTo(actual), actual.Length);
            byte[] expected = new byte[chunks[i].Length];
            stream.Position = chunks[i].Offset;
            stream.ReadExactly(expected);
            if (!expected.AsSpan().SequenceEqual(actual.GetBuffer().AsSpan(0, (int)actual.Length))) different.Add($"{file} chunk {i}");
        }

        Assert.Equal(Different.Where(chunk => chunk.StartsWith(file, StringComparison.Ordinal)), different);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 3)]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [InlineData(4, 0)]
    [InlineData(5, 2)]
    [InlineData(6, 0)]
    [InlineData(7, 5)]
    [InlineData(8, 0)]
    [InlineData(9, 1)]
    [InlineData(10, 2)]
    public void Any_bytes_come_back(int pointFormat, int extraBytes)
    {
        foreach (int seed in Enumerable.Range(0, 12))
        {
            LazVlr vlr = LazVlr.Create(pointFormat, extraBytes, chunkSize: 700);
            byte[] records = Wild(1500, vlr.RecordLength, new Random(seed));
            MemoryStream file = new();
            using (LazPointWriter writer = new(file, vlr, 0))
            {
                writer.Write(records);
                writer.Complete();
            }

            using LazPointReader reader = new(file, "wild.laz", vlr, 0, 1500, vlr.RecordLength);
            byte[] back = new byte[records.Length];
            Assert.Equal(1500, reader.Read(back));
            Assert.True(records.AsSpan().SequenceEqual(back), $"seed {seed}");
        }
    }

    /// <summary>Records whose bytes are noise, or mostly those of the record before: extremes, zeros and jumps in every field.</summary>
    private static byte[] Wild(int count, int length, Random random)
    {
        byte[] records = new byte[count * length];
        double changes = random.NextDouble();
        byte[] extremes = [0, 255, 127, 128];
        for (int i = 0; i < records.Length; i++)
        {
            bool keeps = i >= length && random.NextDouble() > changes;
            records[i] = keeps ? records[i - length] : random.Next(3) == 0 ? extremes[random.Next(4)] : (byte)random.Next(256);
        }

        return records;
    }
}
