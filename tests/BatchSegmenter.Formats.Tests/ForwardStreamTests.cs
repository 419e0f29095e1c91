using System.Security.Cryptography;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests;

public class ForwardStreamTests
{
    [SkippableTheory]
    [InlineData("formats/laz/pdal-lone-star.laz")]
    [InlineData("survey/train/ign-plain-rgb-nir.laz")]
    [InlineData("survey/validation/us-hills.las")]
    [InlineData("formats/copc/las-rs-autzen.copc.laz")]
    public void A_pipe_gives_the_records_of_the_file(string name)
    {
        string path = SharedFiles.Require(name);
        Assert.Equal(Hash(File.OpenRead(path)), Hash(new Pipe(File.OpenRead(path))));
    }

    [SkippableFact]
    public void A_pipe_that_ends_early_is_refused_and_its_points_can_be_kept()
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Require("survey/validation/us-hills.las"));
        foreach (int length in (int[])[100, 300, 2000, file.Length / 2, file.Length - 1])
            Assert.Throws<InvalidPointCloudException>(() => Hash(new Pipe(new MemoryStream(file, 0, length))));
        using PointCloudReader reader = PointCloudReader.Open(new Pipe(new MemoryStream(file, 0, file.Length / 2)), "pipe", new() { CorruptChunks = CorruptChunks.Skip });
        PointColumns columns = new(0, PointAttributes.None);
        while (reader.Read(columns, 1000) > 0) { }
        Assert.InRange(columns.Count, reader.Header.PointCount / 3, reader.Header.PointCount / 2 + 1);
        Assert.Equal(reader.Header.PointCount - columns.Count, Assert.Single(reader.Losses).Points);
    }

    [Fact]
    public void It_goes_back_over_what_it_keeps_and_no_further()
    {
        byte[] bytes = [.. Enumerable.Range(0, 5 * ForwardStream.Window).Select(i => (byte)(i * 7 >> 3))];
        using ForwardStream stream = new(new Pipe(new MemoryStream(bytes)));
        byte[] read = new byte[bytes.Length];
        stream.ReadExactly(read);
        Assert.Equal(bytes, read);
        stream.Position = bytes.Length - ForwardStream.Window;
        stream.ReadExactly(read, 0, ForwardStream.Window);
        Assert.Equal(bytes[^ForwardStream.Window..], read[..ForwardStream.Window]);
        Assert.Equal(0, stream.Read(read));
        Assert.Throws<NotSupportedException>(() => stream.Position = 0);
    }

    private static string Hash(Stream source)
    {
        using LasReader reader = (LasReader)PointCloudReader.Open(source, "pipe");
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] records = new byte[1000 * reader.Las.RecordLength];
        for (int count; (count = reader.ReadRecords(records)) > 0;) hash.AppendData(records, 0, count * reader.Las.RecordLength);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    private sealed class Pipe(Stream source) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => source.Read(buffer, offset, Math.Min(count, 5000));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
