using BatchSegmenter.Formats.Text;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Text;

public class TextFilesTests
{
    /// <summary>Points, columns and the last point of each file, as its text shows them.</summary>
    [SkippableTheory]
    [InlineData("aardvark.algodat-test.pts", 3, "x y z intensity red green blue", 5.0, 9.0, 1.0)]
    [InlineData("open3d_downloads-bunnyData.pts", 30571, "x y z", -0.07063, 0.04015, 0.001226)]
    [InlineData("open3d_downloads-point_cloud_sample1.pts", 10, "x y z intensity red green blue", null, null, null)]
    [InlineData("open3d_downloads-point_cloud_sample2.pts", 10, "x y z intensity", null, null, null)]
    [InlineData("pdal-1.2-with-color.ptx", 1065, "x y z intensity red green blue", 637342.85, 853240.32, 423.92)]
    [InlineData("pdal-crlf_test.txt", 10, "x y z intensity", 289818.50, 4320980.59, 170.58)]
    [InlineData("pdal-data.xyz", 400, "x y z", null, null, null)]
    [InlineData("pdal-decimate_file_grid.txt", 81, "x y z classification", null, null, null)]
    [InlineData("pdal-file1.txt", 9, "x y z", 29.0, 22.0, 2.0)]
    [InlineData("pdal-largescan.txt", 6, "x y z - scan_angle", 656883.274, 964617.060, 33.903)]
    [InlineData("pdal-multiple-and-transform.ptx", 8, "x y z intensity", 636699.38, 848991.01, 425.39)]
    [InlineData("pdal-quoted.txt", 9, "x y z", 29.0, 22.0, 2.0)]
    [InlineData("pdal-site_56_8.pts", 8, "x y z intensity", 6728.512429, 35.903329, -14.709473)]
    [InlineData("pdal-test.pts", 19, "x y z intensity red green blue", -19.501053, -24.533554, -1.533951)]
    [InlineData("pdal-utm17_1.txt", 10, "x y z", 289818.50, 4320980.59, 170.58)]
    [InlineData("pdal-utm17_2.txt", 10, "x y z", 289818.50, 4320980.59, 170.58)]
    [InlineData("pdal-with_edgeofflightline.txt", 10000, "x y z - edge_of_flight_line", 286.570, 134.009, 86.805)]
    [InlineData("pointcloudset-with_header_upper.xyz", 2, "x y z intensity", 0.0, 0.5, 0.5)]
    [InlineData("pyntcloud-diamond.xyz", 6, "x y z - - -", null, null, null)]
    public void Files_are_read_whole(string name, int points, string columns, double? x, double? y, double? z)
    {
        TextCloud cloud = TextCloud.Of(PointCloudReader.Open(SharedFiles.Require("formats/text/" + name)), 777);
        Assert.Equal("text", cloud.Header.Format);
        Assert.Equal(points, cloud.Header.PointCount);
        Assert.Equal(points, cloud.Points.Count);
        Assert.StartsWith($"columns read as {columns};", cloud.Header.Remarks[0]);
        if (x is not null) Assert.Equal((x.Value, y!.Value, z!.Value), cloud[points - 1]);
    }

    [SkippableFact]
    public void A_turned_scan_is_moved_and_its_missing_shots_left_out()
    {
        TextCloud cloud = TextCloud.Of(PointCloudReader.Open(SharedFiles.Require("formats/text/pdal-complex-transform.ptx")));
        Assert.Equal(4, cloud.Header.PointCount);
        (double x, double y, double z) = cloud[0];
        Assert.Equal(-3.028748 - 0.005630 * 0.999979 + 0.645218 * 0.003613 - 0.440506 * 0.005359, x, 12);
        Assert.Equal(-3.819741 + 0.005630 * 0.003604 + 0.645218 * 0.999992 + 0.440506 * 0.001650, y, 12);
        Assert.Equal(-1.384333 + 0.005630 * 0.005365 + 0.645218 * 0.001630 - 0.440506 * 0.999984, z, 12);
        Assert.Equal([0, 0, 1, 1], cloud.Points.Column![..4]);
        Assert.Equal([4, 5, 0, 1], cloud.Points.Row![..4]);
    }

    [SkippableFact]
    public void A_field_that_no_column_is_named_for_is_passed_over()
    {
        using PointCloudReader reader = PointCloudReader.Open(SharedFiles.Require("formats/text/pdal-utm17_3.txt"));
        Assert.Contains("line 5 has more than the 3 fields that are named", reader.Header.Remarks[^1], StringComparison.Ordinal);
        TextCloud cloud = TextCloud.Of(reader);
        Assert.Equal(11, cloud.Points.Count);
        Assert.Equal((289814.15, 4320978.61, 170.76), cloud[0]);
        Assert.Equal((289818.50, 4320980.59, 170.58), cloud[10]);
        Assert.Empty(cloud.Losses);
    }

    [SkippableFact]
    public void A_text_without_header_is_read_by_the_number_of_its_columns()
    {
        TextCloud cloud = TextCloud.Of(PointCloudReader.Open(SharedFiles.Require("broken/pdal-missingheader.txt")));
        Assert.Equal(5, cloud.Points.Count);
        Assert.Equal([25, 30, 35, 40, 45], cloud.Points.Intensity![..5]);
    }

    [SkippableFact]
    public void A_binary_beside_them_is_refused() =>
        Assert.Throws<UnknownPointCloudFormatException>(() => PointCloudReader.Open(SharedFiles.Require("formats/text/pdal-sample.csd")));
}
