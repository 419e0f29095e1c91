using BatchSegmenter.Commands;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Tests.Commands;

public sealed class TranslateCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("translate-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void A_laz_becomes_a_las_of_the_format_asked_for()
    {
        string output = Path.Combine(_folder, "out.las");
        Assert.Equal(0, Run(SharedFiles.Require("formats/laz/las-rs-autzen.laz"), output, "--point-format", "7", "--las-version", "1.4"));
        using LasReader reader = new(output);
        Assert.Equal((7, "1.4", 106L, false), (reader.Las.PointFormat, reader.Las.Version, reader.Header.PointCount, reader.Las.IsCompressed));
        Assert.Equal(["out.las"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [SkippableFact]
    public void A_las_becomes_a_laz_and_comes_back()
    {
        string input = SharedFiles.Require("formats/las/pdal-simple.las");
        string laz = Path.Combine(_folder, "out.LAZ"), las = Path.Combine(_folder, "out.las");
        Assert.Equal(0, Run(input, laz));
        Assert.Equal(0, Run(laz, las));
        using LasReader reader = new(laz);
        Assert.True(reader.Las.IsCompressed);
        Assert.Equal(File.ReadAllBytes(input), File.ReadAllBytes(las));
    }

    [SkippableTheory]
    [InlineData("ply")]
    [InlineData("csv")]
    [InlineData("parquet")]
    public void A_way_through_another_format_keeps_every_coordinate_and_attribute(string format)
    {
        string source = SharedFiles.Require("formats/laz/las-rs-autzen.laz"), between = Path.Combine(_folder, $"between.{format}"), back = Path.Combine(_folder, "back.laz");
        Assert.Equal(0, Run(source, between));
        Assert.Equal(0, Run(between, back));

        using PointCloudReader expected = PointCloudReader.Open(source), found = PointCloudReader.Open(between), last = PointCloudReader.Open(back);
        PointAttributes attributes = expected.Header.Attributes;
        Assert.Equal(attributes, found.Header.Attributes & attributes);
        PointColumns all = new(0, attributes), other = new(0, attributes), returned = new(0, attributes);
        foreach ((PointCloudReader reader, PointColumns columns) in ((PointCloudReader, PointColumns)[])[(expected, all), (found, other), (last, returned)])
            while (reader.Read(columns, 1000) > 0) { }
        Assert.Equal(all.X[..106], other.X[..106]);
        Assert.Equal(all.Z[..106], other.Z[..106]);
        Assert.Equal(all.Y[..106], returned.Y[..106], (a, b) => Math.Abs(a - b) < 0.00051);
        foreach (PointColumns columns in (PointColumns[])[other, returned])
        {
            Assert.Equal(all.Intensity![..106], columns.Intensity![..106]);
            Assert.Equal(all.Classification![..106], columns.Classification![..106]);
            Assert.Equal(all.GpsTime![..106], columns.GpsTime![..106]);
            Assert.Equal(all.Green![..106], columns.Green![..106]);
        }
    }

    [SkippableFact]
    public void Of_a_copc_file_a_box_and_the_coarse_levels_can_be_taken()
    {
        string copc = SharedFiles.Require("formats/copc/lasr-example.copc.laz"), whole = Path.Combine(_folder, "whole.las"), box = Path.Combine(_folder, "box.las");
        Assert.Equal(0, Run(copc, whole));
        using LasReader all = new(whole);
        PointColumns points = new(0, PointAttributes.None);
        while (all.Read(points, 100_000) > 0) { }
        double[] xs = points.X[..points.Count], ys = points.Y[..points.Count];
        (double x0, double x1, double y0) = (xs.Order().ElementAt(xs.Length / 4), xs.Order().ElementAt(xs.Length / 2), ys.Order().ElementAt(ys.Length / 3));
        FormattableString bounds = $"{x0},{y0},{x1},{ys.Max()}";

        Assert.Equal(0, Run(copc, box, "--bounds", FormattableString.Invariant(bounds)));
        using LasReader cut = new(box);
        Assert.Equal(Enumerable.Range(0, xs.Length).Count(i => xs[i] >= x0 && xs[i] <= x1 && ys[i] >= y0), cut.Header.PointCount);
        Assert.True(cut.Header.PointCount > 0);
        Assert.Equal(0, Run(copc, Path.Combine(_folder, "coarse.laz"), "--max-level", "0"));
        using LasReader coarse = new(Path.Combine(_folder, "coarse.laz"));
        Assert.InRange(coarse.Header.PointCount, 1, xs.Length);
        Assert.Equal(1, Run(whole, box, "--max-level", "0"));
        Assert.Equal(2, Run(copc, box, "--bounds", "3,2,1,0"));
        Assert.Equal(2, Run(copc, box, "--bounds", "1,2,3"));
    }

    [SkippableTheory]
    [InlineData("out.e57")]
    [InlineData("out.ply", "--point-format", "6")]
    [InlineData("missing/out.las")]
    [InlineData("out.las", "--point-format", "4")]
    [InlineData("out.las", "--point-format", "6", "--las-version", "1.2")]
    [InlineData("out.las", "--las-version", "2")]
    public void What_cannot_be_written_is_a_usage_error_and_leaves_nothing(string output, params string[] options)
    {
        string input = SharedFiles.Require("formats/las/pdal-simple.las");
        Assert.Equal(2, Run([input, Path.Combine(_folder, output), .. options]));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [SkippableFact]
    public void A_damaged_input_is_bad_content_and_leaves_nothing()
    {
        byte[] whole = File.ReadAllBytes(SharedFiles.Require("formats/laz/laz-perf-point-color.las.laz"));
        string cut = Path.Combine(_folder, "cut.laz");
        File.WriteAllBytes(cut, whole[..(whole.Length / 2)]);
        Assert.Equal(1, Run(cut, Path.Combine(_folder, "out.las")));
        Assert.Equal(["cut.laz"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    private static int Run(params string[] arguments) => TranslateCommand.Create().Parse(arguments).Invoke();
}
