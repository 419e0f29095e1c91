using System.Text;
using BatchSegmenter.Formats.Text;

namespace BatchSegmenter.Formats.Tests.Text;

public class TextDetectionTests
{
    [Theory]
    [InlineData("1 2 3\n", "columns read as x y z; separator space; 0 header lines")]
    [InlineData("1  2\t3 4\n", "columns read as x y z intensity; separator space; 0 header lines")]
    [InlineData("1,2,3,255,0,7\n", "columns read as x y z red green blue; separator comma; 0 header lines")]
    [InlineData("1,2,3,256,0,7\n", "columns read as x y z - - -; separator comma; 0 header lines")]
    [InlineData("1 2 3 0.5 0.5 -1\n", "columns read as x y z - - -; separator space; 0 header lines")]
    [InlineData("1 2 3 77 255 0 7\n", "columns read as x y z intensity red green blue; separator space; 0 header lines")]
    [InlineData("1 2 3 4 5\n", "columns read as x y z - -; separator space; 0 header lines")]
    [InlineData("1\t2\t3\n", "columns read as x y z; separator tab; 0 header lines")]
    [InlineData("1,5\t2,5\t3\n", "columns read as x y z; separator tab; decimal comma; 0 header lines")]
    [InlineData("1;2;3\n1,5;2,5;3,25\n", "columns read as x y z; separator semicolon; decimal comma; 0 header lines")]
    [InlineData("1,5 2,5 3,5\n", "columns read as x y z; separator space; decimal comma; 0 header lines")]
    [InlineData("x,y,z\n1,2,3\n", "columns read as x y z; separator comma; 1 header line")]
    [InlineData("Id;\"Easting (m)\";\"Northing (m)\";Elevation [m];Class\na;1;2;3;4\n", "columns read as - x y z classification; separator semicolon; 1 header line")]
    [InlineData("//X,Y,Z,R,G,B,Scalar_Intensity\n1,2,3,4,5,6,7\n", "columns read as x y z red green blue intensity; separator comma; 1 header line")]
    [InlineData("//X Y Z\n2\n1 2 3\n1 2 3\n", "columns read as x y z; separator space; 1 header line; PTS, a line with the number of points first")]
    [InlineData("# a cloud\n# x z y\n\n1 2 3\n", "columns read as x z y; separator space; 3 header lines")]
    [InlineData("\uFEFFX Y Z (m) ReturnNumber \"GPS Time\"\r\n\r\n1 2 3 4 5\r\n", "columns read as x y z return_number gps_time; separator space; 2 header lines")]
    [InlineData("1\n1 2 3 0 9 9 9\n", "columns read as x y z intensity red green blue; separator space; 0 header lines; PTS, a line with the number of points first")]
    public void The_columns_are_detected_and_told(string text, string expected) =>
        Assert.Equal(expected, TextCloud.Of(text).Header.Remarks[0]);

    [Theory]
    [InlineData("hello 1 2\nthere 3 4\n", "line 1 at byte 0 (\"hello 1 2\") is no line of three or more numbers")]
    [InlineData("# c\n\nname 5\n1 2 3\n", "line 3 at byte 5 (\"name 5\") stands before the first line of numbers and names no columns")]
    [InlineData("ncols 4\nnrows 2\nxllcorner 0\n1 2 3 4\n", "xllcorner")]
    [InlineData("ncols 4\n1 2 3 4\n", "an Esri grid")]
    [InlineData("5\n", "line 1 at byte 0 (\"5\")")]
    [InlineData("# 5\n", "neither blank nor a comment")]
    public void Other_texts_are_refused(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UnknownPointCloudFormatException>(() => TextCloud.Of(text)).Message);

    [Fact]
    public void UTF16_is_named()
    {
        byte[] text = [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes("1 2 3\n")];
        Assert.Contains("UTF-16", Assert.Throws<UnknownPointCloudFormatException>(() => PointCloudReader.Open(new MemoryStream(text), "a.xyz")).Message);
    }

    [Fact]
    public void A_header_of_other_length_is_refused() =>
        Assert.Contains(
            "most lines do not have the columns that the header in line 1 names: line 2 (\"1,5,2,5,3,5\") has more than the 3 fields",
            Assert.Throws<InvalidPointCloudException>(() => TextCloud.Of("x,y,z\n1,5,2,5,3,5\n")).Message);

    [Fact]
    public void A_layout_replaces_what_is_detected()
    {
        TextCloud cloud = TextCloud.Of(
            "any title 1 2 3\n\n1|9|2|abc|3\n", new PointReadOptions { Text = new TextLayout { Columns = ["z", "-", "y", "-", "x"], Separator = '|', SkipLines = 1 } });
        Assert.Equal((3.0, 2.0, 1.0), cloud[0]);
        cloud = TextCloud.Of("a b c d\n1 2 3 4\n", new PointReadOptions { Text = new TextLayout { Columns = ["y", "x", "z", "classification"] } });
        Assert.Equal((2.0, 1.0, 3.0), cloud[0]);
        Assert.Equal(4, cloud.Points.Classification![0]);
        Assert.Contains(
            "most lines do not have the columns that the layout names: line 1",
            Assert.Throws<InvalidPointCloudException>(() => TextCloud.Of("1 2 3 4\n", new PointReadOptions { Text = new TextLayout { Columns = ["x", "y", "z"] } })).Message);
    }

    [Fact]
    public void A_layout_that_cannot_be_is_refused()
    {
        Assert.Contains("\"elevation\" is no column", Assert.Throws<ArgumentException>(() => new TextLayout { Columns = ["x", "y", "elevation"] }).Message);
        Assert.Contains("z is missing", Assert.Throws<ArgumentException>(() => new TextLayout { Columns = ["x", "y"] }).Message);
        Assert.Contains("stands twice", Assert.Throws<ArgumentException>(() => new TextLayout { Columns = ["x", "y", "z", "x"] }).Message);
        Assert.Throws<ArgumentException>(() => new TextLayout { Separator = '1' });
        Assert.Throws<ArgumentOutOfRangeException>(() => new TextLayout { SkipLines = -1 });
    }
}
