using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Las;

public class LasTranslationTests
{
    [SkippableTheory]
    [InlineData("laz/laspy-1_4_w_evlr.laz")]
    [InlineData("laz/laspy-fullwave.laz")]
    [InlineData("copc/las-rs-autzen.copc.laz")]
    [InlineData("las/pdal-simple.las")]
    public void Without_options_the_records_are_those_of_the_source(string path)
    {
        RecordsList row = RecordsList.Of(path[..path.IndexOf('/')]).Single(row => row.Path == path);
        using LasReader source = new(row.FullPath);
        MemoryStream file = new();
        LasTranslation.Translate(source, file);
        using LasReader translated = new(file, path);
        Assert.Equal(row.Sha256, RecordsList.Hash(translated, 777));
        Assert.Equal(source.Header with { Format = "las" }, translated.Header);
    }

    /// <summary>All but one whose header names waveforms beyond its end: by way of LAZ the header names none.</summary>
    public static TheoryData<string> RealFiles()
    {
        TheoryData<string> paths = [];
        if (!File.Exists(Path.Combine(SharedFiles.Root, "formats", "records.csv"))) paths.Add("las/pdal-simple.las");
        else
            foreach (string folder in (ReadOnlySpan<string>)["las", "laz", "copc"])
                foreach (RecordsList row in RecordsList.Of(folder).Where(row => row.PointCount <= 120_000 && row.Path != "las/laspy-v13-output.las")) paths.Add(row.Path);
        return paths;
    }

    [SkippableTheory]
    [MemberData(nameof(RealFiles))]
    public void Through_laz_and_back_every_byte_is_as_before(string path)
    {
        RecordsList row = RecordsList.Of(path[..path.IndexOf('/')]).Single(row => row.Path == path);
        byte[] las = Translated(File.ReadAllBytes(row.FullPath), compressed: false);
        byte[] laz = Translated(las, compressed: true);
        byte[] back = Translated(laz, compressed: false);
        Assert.True(las.AsSpan().SequenceEqual(back), $"{las.Length} bytes, {las.AsSpan().CommonPrefixLength(back)} in common");
        Assert.Equal(laz, Translated(laz, compressed: true));
        using LasReader compressed = new(new MemoryStream(laz), path);
        Assert.True(compressed.Las.IsCompressed);
        Assert.Equal(row.Sha256, RecordsList.Hash(compressed, 5000));
    }

    [SkippableTheory]
    [InlineData("las/pdal-simple.las", 6)]
    [InlineData("las/pdal-simple.las", 7)]
    [InlineData("las/pdal-simple.las", 1)]
    [InlineData("laz/las-rs-extrabytes.laz", 7)]
    [InlineData("laz/laspy-1_4_w_evlr.laz", 8)]
    [InlineData("laz/laspy-1_4_w_evlr.laz", 1)]
    [InlineData("laz/laspy-fullwave.laz", 6)]
    public void Another_point_format_keeps_coordinates_attributes_extra_bytes_and_records(string path, int format)
    {
        string sourcePath = SharedFiles.Require("formats/" + path);
        using LasReader source = new(sourcePath), original = new(sourcePath);
        MemoryStream file = new();
        LasTranslation.Translate(source, file, pointFormat: format);
        using LasReader translated = new(file, "translated.las");
        Assert.Equal(format, translated.Las.PointFormat);
        Assert.Equal(original.Header.Crs, translated.Header.Crs);
        Assert.Equal(original.ExtraBytes.Select(e => e.Name), translated.ExtraBytes.Select(e => e.Name));
        Assert.Equal(
            original.Vlrs.Where(vlr => vlr.UserId != "laszip encoded").Select(vlr => Convert.ToHexString(vlr.ToBytes())),
            translated.Vlrs.Select(vlr => Convert.ToHexString(vlr.ToBytes())));
        if (translated.Las.VersionMinor >= 4 && !path.Contains("fullwave"))
            Assert.Equal(original.Evlrs.Select(vlr => vlr.RecordId), translated.Evlrs.Select(vlr => vlr.RecordId));

        PointColumns before = new(0, PointAttributes.All), after = new(0, PointAttributes.All);
        original.Read(before, int.MaxValue);
        translated.Read(after, int.MaxValue);
        Assert.Equal(before.Count, after.Count);
        Assert.Equal(before.X[..before.Count], after.X[..after.Count]);
        Assert.Equal(before.Z[..before.Count], after.Z[..after.Count]);
        Assert.Equal(before.Classification![..before.Count], after.Classification![..after.Count]);
        Assert.Equal(before.Intensity![..before.Count], after.Intensity![..after.Count]);
        if (format is 7 or 8) Assert.Equal(before.Red![..before.Count], after.Red![..after.Count]);
        if (format != 0) Assert.Equal(before.GpsTime![..before.Count], after.GpsTime![..after.Count]);
    }

    [SkippableFact]
    public void A_class_that_the_format_cannot_hold_is_refused()
    {
        using LasReader source = new(SharedFiles.Require("survey/train/ign-coast.laz"));
        var error = Assert.Throws<UnsupportedPointCloudException>(() => LasTranslation.Translate(source, new MemoryStream(), pointFormat: 1));
        Assert.Contains("Class code 65", error.Message);
    }

    [SkippableFact]
    public void Another_point_format_can_be_compressed_too()
    {
        string path = SharedFiles.Require("formats/laz/laspy-1_4_w_evlr.laz");
        using LasReader plainSource = new(path), source = new(path);
        MemoryStream plain = new(), compressed = new();
        LasTranslation.Translate(plainSource, plain, pointFormat: 8);
        LasTranslation.Translate(source, compressed, pointFormat: 8, compressed: true, cores: 3);
        Assert.Equal(plain.ToArray(), Translated(compressed.ToArray(), compressed: false));
    }

    [SkippableFact]
    public void What_follows_the_points_needs_a_stream_that_can_seek()
    {
        using LasReader source = new(SharedFiles.Require("formats/laz/laspy-1_4_w_evlr.laz"));
        Assert.Throws<ArgumentException>(() => LasTranslation.Translate(source, new Laz.LazPointWriterTests.Pipe(), compressed: true));
        using LasReader plain = new(SharedFiles.Require("formats/las/pdal-simple.las"));
        Laz.LazPointWriterTests.Pipe file = new();
        LasTranslation.Translate(plain, file, compressed: true);
        Assert.Equal(File.ReadAllBytes(SharedFiles.Require("formats/las/pdal-simple.las")), Translated(file.ToArray(), compressed: false));
    }

    private static byte[] Translated(byte[] file, bool compressed)
    {
        MemoryStream translated = new();
        using LasReader source = new(new MemoryStream(file), "source");
        LasTranslation.Translate(source, translated, compressed: compressed);
        return translated.ToArray();
    }
}
