using System.Text;
using BatchSegmenter.Formats.Tests.Las;

namespace BatchSegmenter.Formats.Tests;

public class PointFormatDetectorTests
{
    [Theory]
    [InlineData("", "empty")]
    [InlineData("\0\0\0\0\0", "zeros")]
    [InlineData("~Version Information\nVERS. 2.0", "well-log")]
    [InlineData("# comment\n~Version ---\n", "well-log")]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "Git LFS")]
    [InlineData("<!DOCTYPE html>", "HTML")]
    [InlineData("<?xml version=\"1.0\"?>", "XML")]
    [InlineData("#chr start end FFT_dF DWT_Energy", "text file that begins with \"#chr start end FFT_dF DW…\"")]
    [InlineData("\u0001\u0002\u0003\u0004", "01020304")]
    public void What_cannot_be_read_is_named(string content, string expected)
    {
        var error = Assert.Throws<UnknownPointCloudFormatException>(
            () => PointFormatDetector.Detect(new MemoryStream(Encoding.Latin1.GetBytes(content)), "cloud.las"));
        Assert.Contains(expected, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("ply\nformat ascii 1.0\n", "ply")]
    [InlineData("# .PCD v0.7", "pcd")]
    [InlineData("ASTM-E57", "e57")]
    [InlineData("PK\u0003\u0004", "zip")]
    [InlineData("\u001f\u008b\u0008", "gz")]
    [InlineData("7z\u00bc\u00af\u0027\u001c", "7z")]
    [InlineData("\u0093NUMPY\u0001", "npy")]
    [InlineData("PAR1", "parquet")]
    [InlineData("1.5 2.5 3.5\n", "text")]
    public void The_content_tells_the_format(string content, string expected) =>
        Assert.Equal(expected, PointFormatDetector.Detect(new MemoryStream(Encoding.Latin1.GetBytes(content)), "cloud.las"));

    [Fact]
    public void Compressed_points_are_laz_whatever_the_name()
    {
        byte[] file = LasReaderTests.Minimal(0);
        Assert.Equal("las", PointFormatDetector.Detect(new MemoryStream(file), "a.laz"));
        file[104] |= 0x80;
        Assert.Equal("laz", PointFormatDetector.Detect(new MemoryStream(file), "a.las"));
        Assert.Contains("laszip record", Assert.Throws<InvalidPointCloudException>(() => PointCloudReader.Open(new MemoryStream(file), "a.las")).Message);
    }

    [Fact]
    public void A_name_that_promises_another_format_is_remarked_on()
    {
        using PointCloudReader text = PointCloudReader.Open(new MemoryStream("1 2 3\n4 5 6\n"u8.ToArray()), "survey.las");
        Assert.Contains(text.Header.Remarks, remark => remark.Contains(".las", StringComparison.Ordinal) && remark.Contains("TEXT", StringComparison.Ordinal));
        using PointCloudReader las = PointCloudReader.Open(new MemoryStream(LasReaderTests.Minimal(0)), "survey.laz");
        Assert.Empty(las.Header.Remarks);
        using PointCloudReader unnamed = PointCloudReader.Open(new MemoryStream("1 2 3\n4 5 6\n"u8.ToArray()), "survey.dat");
        Assert.DoesNotContain(unnamed.Header.Remarks, remark => remark.Contains("name", StringComparison.Ordinal));
    }
}
