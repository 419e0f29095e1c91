using System.Text.Json;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests;

public class PointCloudInspectionTests
{
    [SkippableFact]
    public void A_full_pass_tells_classes_bounds_ranges_and_the_checksum()
    {
        string path = SharedFiles.Require("survey/validation/us-hills.las");
        using JsonDocument json = JsonDocument.Parse(PointCloudInspection.Of(path, withStatistics: true, withChecksum: true).ToJson());
        JsonElement cloud = json.RootElement;
        Assert.Equal(path, cloud.GetProperty("path").GetString());
        Assert.Equal("las", cloud.GetProperty("format").GetString());
        Assert.Equal("1.4", cloud.GetProperty("version").GetString());
        Assert.Equal(6, cloud.GetProperty("pointFormat").GetInt32());
        Assert.Equal(30, cloud.GetProperty("recordLength").GetInt32());
        Assert.False(cloud.GetProperty("compressed").GetBoolean());
        Assert.Equal(25408, cloud.GetProperty("pointCount").GetInt64());
        Assert.Equal(9808, cloud.GetProperty("classification").GetProperty("2").GetInt64());
        Assert.Equal(25408, cloud.GetProperty("classification").EnumerateObject().Sum(c => c.Value.GetInt64()));
        Assert.Equal("707c633f1185ca4c3e7ff1d6c191b281c4f24f4e9186ac421ee6855b9e308853", cloud.GetProperty("recordsSha256").GetString());
        Assert.Equal(32104, cloud.GetProperty("crs").GetProperty("epsg").GetInt32());
        Assert.Equal("projected", cloud.GetProperty("crs").GetProperty("kind").GetString());
        Assert.Equal(1200.0 / 3937, cloud.GetProperty("crs").GetProperty("horizontalUnit").GetDouble(), 1e-9);
        Assert.Equal(3, cloud.GetProperty("scale").GetArrayLength());
        JsonElement z = cloud.GetProperty("stats").GetProperty("z");
        Assert.Equal(cloud.GetProperty("bounds").GetProperty("min")[2].GetDouble(), z.GetProperty("min").GetDouble());
        Assert.InRange(z.GetProperty("mean").GetDouble(), z.GetProperty("min").GetDouble(), z.GetProperty("max").GetDouble());
        Assert.Contains("gps_time", cloud.GetProperty("attributes").EnumerateArray().Select(a => a.GetString()));
    }

    [SkippableFact]
    public void Without_a_full_pass_what_needs_the_points_is_null()
    {
        PointCloudInspection cloud = PointCloudInspection.Of(SharedFiles.Require("survey/train/ahn3-town-small.laz"), false, false);
        Assert.Null(cloud.Classification);
        Assert.Null(cloud.RecordsSha256);
        Assert.Null(cloud.Stats);
        Assert.NotNull(cloud.Bounds);
        Assert.True(cloud.Compressed);
        Assert.Equal(["red", "green", "blue", "nir", "Deviation", "Reflectance", "Amplitude"], cloud.Attributes.TakeLast(7));
    }

    [SkippableFact]
    public void Numbers_that_JSON_lacks_do_not_spoil_it()
    {
        PointCloudInspection cloud = PointCloudInspection.Of(SharedFiles.Require("broken/pdal-gps-time-nan.las"), true, true);
        using JsonDocument json = JsonDocument.Parse(cloud.ToJson());
        Assert.Equal("NaN", json.RootElement.GetProperty("stats").GetProperty("gps_time").GetProperty("mean").GetString());
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("crs").ValueKind);
    }

    [SkippableFact]
    public void A_file_without_points_has_the_checksum_of_nothing()
    {
        PointCloudInspection cloud = PointCloudInspection.Of(SharedFiles.Require("formats/laz/laz-perf-no-points-1.3.laz"), true, true);
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", cloud.RecordsSha256);
        Assert.Empty(cloud.Classification!);
    }
}
