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
}
