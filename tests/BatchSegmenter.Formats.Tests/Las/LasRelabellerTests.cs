using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Las;

public class LasRelabellerTests
{
    [SkippableFact]
    public void With_nothing_changed_every_uncompressed_file_comes_back_byte_for_byte()
    {
        foreach (RecordsList row in RecordsList.Of("las"))
        {
            byte[] copy = Relabel(row.FullPath, code => code, confidence: null);
            Assert.True(File.ReadAllBytes(row.FullPath).AsSpan().SequenceEqual(copy), row.Path);
        }
    }

    [SkippableFact]
    public void New_classes_and_confidence_leave_everything_else_as_it_was()
    {
        foreach (RecordsList row in RecordsList.Of("las").Where(row => row.PointCount < 5000))
        {
            byte[] file = Relabel(row.FullPath, code => (byte)(31 - code % 32), confidence: i => i / 8f);
            AssertLabelled(row.FullPath, file, code => (byte)(31 - code % 32), i => i / 8f);
        }
    }

    [SkippableTheory]
    [InlineData("laz")]
    [InlineData("copc")]
    public void A_compressed_source_becomes_an_uncompressed_file_of_the_same_records(string folder)
    {
        int withEvlrs = 0;
        foreach (RecordsList row in RecordsList.Of(folder).Where(row => row.PointCount < 15000))
        {
            byte[] file = Relabel(row.FullPath, code => code, confidence: i => i);
            AssertLabelled(row.FullPath, file, code => code, i => i);
            byte[] plain = Relabel(row.FullPath, code => code, confidence: null);
            using LasReader reader = new(new MemoryStream(plain), row.Path);
            Assert.Equal(row.Sha256, RecordsList.Hash(reader, 1000));
            Assert.DoesNotContain(reader.Vlrs, vlr => vlr.UserId is "laszip encoded" or "copc");
            Assert.DoesNotContain(reader.Evlrs, vlr => vlr.UserId == "copc");
            Assert.Equal((uint)reader.Evlrs.Count, reader.Las.EvlrCount);
            withEvlrs += reader.Evlrs.Count > 0 ? 1 : 0;
        }

        Assert.True(folder == "copc" || withEvlrs > 0, "no file had records behind its points");
    }

    [SkippableTheory]
    [InlineData("broken/laspy-unregistered_extra_bytes.las")] // undocumented bytes need a descriptor before ours
    [InlineData("broken/lasr-malformed_extrabytes.las")] // a descriptor whose bytes are not in the record
    [InlineData("broken/pdal-bad_vlr_count.las")]
    [InlineData("broken/pdal-lots_of_vlr.las")]
    public void Odd_layouts_take_a_confidence_too(string path)
    {
        string source = SharedFiles.Require(path);
        AssertLabelled(source, Relabel(source, code => code, i => 0.5f + i), code => code, i => 0.5f + i);
    }

    [SkippableFact]
    public void A_confidence_that_is_there_already_is_overwritten()
    {
        string source = SharedFiles.Require("formats/las/pdal-simple.las");
        byte[] once = Relabel(source, code => code, i => 1f);
        using LasReader again = new(new MemoryStream(once), "once.las");
        byte[] twice = Relabel(again, code => code, i => i);
        Assert.Equal(once.Length, twice.Length);
        AssertLabelled(source, twice, code => code, i => i);
    }

    [Fact]
    public void A_class_that_does_not_fit_is_refused_with_the_way_out()
    {
        using LasReader source = new(new MemoryStream(LasReaderTests.Minimal(3)), "a.las");
        using LasRelabeller relabeller = new(source, new MemoryStream(), withConfidence: false);
        var error = Assert.Throws<UnsupportedPointCloudException>(() => relabeller.Write([2, 64, 3], []));
        Assert.Contains("class code 64 of point 1", error.Message);
        Assert.Contains("--point-format 6", error.Message);
    }

    [Fact]
    public void Points_without_a_label_are_noticed()
    {
        using LasReader source = new(new MemoryStream(LasReaderTests.Minimal(3)), "a.las");
        using LasRelabeller relabeller = new(source, new MemoryStream(), withConfidence: false);
        relabeller.Write([2, 2], []);
        Assert.Contains("1 of 3 points", Assert.Throws<InvalidOperationException>(relabeller.Complete).Message);
        Assert.Throws<ArgumentException>(() => relabeller.Write([2, 2], []));
    }

    internal static byte[] Relabel(string path, Func<byte, byte> code, Func<int, float>? confidence)
    {
        using LasReader reader = new(path);
        return Relabel(reader, code, confidence);
    }

    private static byte[] Relabel(LasReader reader, Func<byte, byte> code, Func<int, float>? confidence)
    {
        PointColumns columns = new(0, PointAttributes.Classification);
        using (LasReader classes = new(Copy(reader.Stream), "classes")) classes.Read(columns, int.MaxValue);
        byte[] codes = [.. columns.Classification!.Take(columns.Count).Select(code)];
        float[] values = confidence is null ? [] : [.. Enumerable.Range(0, columns.Count).Select(confidence)];
        MemoryStream destination = new();
        using LasRelabeller relabeller = new(reader, destination, confidence is not null);
        for (int start = 0; start < codes.Length; start += 9000)
        {
            int count = Math.Min(9000, codes.Length - start);
            relabeller.Write(codes.AsSpan(start, count), confidence is null ? [] : values.AsSpan(start, count));
        }

        relabeller.Complete();
        return destination.ToArray();
    }

    internal static void AssertLabelled(string sourcePath, byte[] file, Func<byte, byte> code, Func<int, float> confidence)
    {
        using LasReader source = new(sourcePath), labelled = new(new MemoryStream(file), sourcePath);
        Assert.False(labelled.Las.IsCompressed);
        int format = source.Las.PointFormat, classAt = format >= 6 ? 16 : 15;
        int oldLength = source.Las.RecordLength, newLength = labelled.Las.RecordLength;
        Assert.Equal(source.Header.PointCount, labelled.Header.PointCount);
        Assert.Equal(source.Header.Crs, labelled.Header.Crs);
        Assert.Equal(source.Header.Min, labelled.Header.Min);
        // A source whose own "confidence" is of another type keeps it.
        LasExtraBytes added = labelled.ExtraBytes.Last(e => e.Name is "confidence" or "label_confidence");
        Assert.Equal(LasExtraBytesType.Float32, added.Type);
        Assert.Equal(source.ExtraBytes.Select(e => (e.Name, e.Offset)), labelled.ExtraBytes.Where(e => e.Name is not "undocumented" && e != added).Select(e => (e.Name, e.Offset)));

        // All that is no layout field stays: the header but for offsets, counts and length, and every record before and behind the points.
        byte[] before = source.Las.Bytes.ToArray(), after = labelled.Las.Bytes.ToArray();
        foreach ((int at, int length) in (ReadOnlySpan<(int, int)>)[(96, 11), (227, 20)])
        {
            before.AsSpan(Math.Min(at, before.Length), Math.Clamp(before.Length - at, 0, length)).Clear();
            after.AsSpan(Math.Min(at, after.Length), Math.Clamp(after.Length - at, 0, length)).Clear();
        }

        Assert.Equal(before, after);
        Assert.Equal(
            source.Vlrs.Where(Stays).Select(vlr => Convert.ToHexString(vlr.ToBytes())), labelled.Vlrs.Where(Stays).Select(vlr => Convert.ToHexString(vlr.ToBytes())));
        Assert.Equal(
            source.Evlrs.Where(Stays).Select(vlr => Convert.ToHexString(vlr.ToBytes())), labelled.Evlrs.Select(vlr => Convert.ToHexString(vlr.ToBytes())));

        byte[] old = new byte[oldLength * source.Header.PointCount], now = new byte[newLength * source.Header.PointCount];
        source.ReadRecords(old);
        labelled.ReadRecords(now);
        for (int i = 0; i < source.Header.PointCount; i++)
        {
            Span<byte> record = old.AsSpan(i * oldLength, oldLength);
            ref byte field = ref record[classAt];
            field = format >= 6 ? code(field) : (byte)(field & 0xE0 | code((byte)(field & 31)));
            Assert.True(record.SequenceEqual(now.AsSpan(i * newLength, oldLength)), $"{sourcePath}: point {i}");
            Assert.Equal(confidence(i), BitConverter.ToSingle(now, i * newLength + added.Offset));
        }
    }

    private static bool Stays(LasVlr vlr) => !(vlr.Is("LASF_Spec", 4) || vlr.UserId is "laszip encoded" or "copc");

    private static MemoryStream Copy(Stream stream)
    {
        stream.Position = 0;
        MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy;
    }
}
