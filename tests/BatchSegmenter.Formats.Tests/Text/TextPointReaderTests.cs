using System.Text;
using BatchSegmenter.Formats.Text;

namespace BatchSegmenter.Formats.Tests.Text;

public class TextPointReaderTests
{
    private const string TwoScans =
        "2\n2\n10 20 30\n1 0 0\n0 1 0\n0 0 1\n0 1 0 0\n-1 0 0 0\n0 0 1 0\n10 20 30 1\n"
        + "1 2 3 0.5\n0 0 0 0.5\n0 0 0 0\n4 5 6 1\n"
        + "1\n2\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 1\n"
        + "0 0 0 0.5 0 0 0\n7 8 9 0.25 1 2 255\n";

    private static readonly PointReadOptions Skip = new() { CorruptChunks = CorruptChunks.Skip };

    [Fact]
    public void Blank_lines_comments_and_ends_of_either_kind_are_passed_over()
    {
        TextCloud cloud = TextCloud.Of("1 2 3\r\n\r\n# 4 5 6\n// 4 5 6\n \t \n  -1.5 +2.25 3e2  ");
        Assert.Equal(2, cloud.Header.PointCount);
        Assert.Equal(2, cloud.Points.Count);
        Assert.Equal((1, 2, 3), cloud[0]);
        Assert.Equal((-1.5, 2.25, 300), cloud[1]);
        Assert.Equal(PointAttributes.None, cloud.Header.Attributes);
    }

    [Fact]
    public void Every_attribute_can_be_named()
    {
        string[] names = [.. AttributeColumns.Names(PointAttributes.All)];
        string line = string.Join(';', names.Select((_, i) => (i + 1).ToString()));
        TextCloud cloud = TextCloud.Of($"{string.Join(';', names)}\n{line}\n");
        Assert.Equal(PointAttributes.All, cloud.Header.Attributes);
        (string Name, Array Column)[] columns = [.. AttributeColumns.Of(cloud.Points)];
        for (int i = 0; i < names.Length; i++)
        {
            Assert.Equal(names[i], columns[i].Name);
            double expected = names[i] is "red" or "green" or "blue" ? (i + 1) * 256 : i + 1;
            Assert.Equal(expected, Convert.ToDouble(columns[i].Column.GetValue(0), null));
        }
    }

    [Theory]
    [InlineData("10 255 3", 2560, 65280, 768)]
    [InlineData("10 256 3", 10, 256, 3)]
    [InlineData("0010 0255 0003", 10, 255, 3)]
    [InlineData("0.5 1 0", 32768, 65535, 0)]
    public void Colours_become_16_bits(string colors, int red, int green, int blue)
    {
        TextCloud cloud = TextCloud.Of($"x y z r g b\n1 2 3 {colors}\n");
        Assert.Equal((red, green, blue), (cloud.Points.Red![0], cloud.Points.Green![0], cloud.Points.Blue![0]));
    }

    [Theory]
    [InlineData("x y z i\n1 2 3 {0}\n", "0.25", 16384)]
    [InlineData("x y z i\n1 2 3 {0}\n", "1", 1)]
    [InlineData("x y z i\n1 2 3 {0}\n", "70000", 65535)]
    [InlineData("x y z i\n1 2 3 {0}\n", "-2048", 0)]
    [InlineData("1\n1 2 3 {0}\n", "2047", 65535)]
    [InlineData("1\n1 2 3 {0}\n", "-2048", 0)]
    [InlineData("1\n1 2 3 {0}\n", "0", 32776)]
    [InlineData("1\n1 2 3 {0}\n", "2048", 2048)]
    public void Intensities_become_16_bits(string file, string intensity, int expected) =>
        Assert.Equal(expected, TextCloud.Of(string.Format(null, file, intensity)).Points.Intensity![0]);

    [Fact]
    public void Quoted_numbers_empty_attributes_and_separators_at_the_end_are_read()
    {
        TextCloud cloud = TextCloud.Of("name,x,y,z,class,intensity\n\"a, b\",\"1.5\", 2 ,3,,\n\"\",1,2,3,7,9,,\n");
        Assert.Equal((1.5, 2, 3), cloud[0]);
        Assert.Equal([0, 7], cloud.Points.Classification![..2]);
        Assert.Equal([0, 9], cloud.Points.Intensity![..2]);
    }

    [Fact]
    public void Attributes_that_the_file_lacks_are_zero_in_arrays_used_before()
    {
        using TextPointReader reader = new(new MemoryStream(Encoding.ASCII.GetBytes("1 2 3\n")), "a");
        PointColumns columns = new(4, PointAttributes.All);
        columns.Classification!.AsSpan().Fill(7);
        Assert.Equal(1, reader.Read(columns, 4));
        Assert.Equal([0, 7, 7, 7], columns.Classification!);
    }

    [Fact]
    public void Scans_are_moved_by_their_matrix_and_missing_shots_left_out()
    {
        TextCloud cloud = TextCloud.Of(TwoScans, run: 10);
        Assert.Equal(3, cloud.Header.PointCount);
        Assert.Equal(PointAttributes.Intensity | PointAttributes.Color | PointAttributes.PointSourceId | PointAttributes.RowColumn, cloud.Header.Attributes);
        // A quarter turn about z: x goes to y, y to -x; then the shift.
        Assert.Equal([(10 - 2, 20 + 1, 33), (10 - 5, 20 + 4, 36), (7, 8, 9)], [cloud[0], cloud[1], cloud[2]]);
        Assert.Equal([0, 1, 0], cloud.Points.Column![..3]);
        Assert.Equal([0, 1, 1], cloud.Points.Row![..3]);
        Assert.Equal([1, 1, 2], cloud.Points.PointSourceId![..3]);
        Assert.Equal([32768, 65535, 16384], cloud.Points.Intensity![..3]);
        Assert.Equal([0, 0, 65280], cloud.Points.Blue![..3]);
    }

    [Theory]
    [InlineData("1 2 3\n4 5 x\n", 6, "line 2 (\"4 5 x\") has \"x\" in field 3, z, where a finite number was expected")]
    [InlineData("1 2 3\n4 5\n6 7 8\n", 6, "line 2 (\"4 5\") ends before field 3, z; 3 fields were expected (x y z)")]
    [InlineData("1 2 3\n4 5 6 7\n6 7 8\n", 6, "line 2 (\"4 5 6 7\") has more than the 3 fields expected (x y z): \"7\" is too much")]
    [InlineData("1 2 3\n4 5 nan\n", 6, "where a finite number was expected")]
    [InlineData("1 2 3\n4 5 1e999\n", 6, "\"1e999\" in field 3")]
    [InlineData("x,y,z,class\n1,2,3,4\n1,2,3,256\n", 20, "\"256\" in field 4, classification, where a number from 0 to 255 was expected")]
    [InlineData("1 2 3\n4 5 6x\n", 6, "\"6x\" in field 3")]
    [InlineData("1 2 3\n4 5", 6, "the file may be truncated")]
    public void A_line_that_does_not_fit_is_refused(string text, int offset, string expected)
    {
        using TextPointReader reader = new(new MemoryStream(Encoding.ASCII.GetBytes(text)), "a");
        InvalidPointCloudException error = Assert.Throws<InvalidPointCloudException>(() => reader.Read(new PointColumns(0, PointAttributes.None), 10));
        Assert.Equal(offset, error.Offset);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void Bad_lines_are_skipped_and_told_a_run_at_once()
    {
        TextCloud cloud = TextCloud.Of("1 1 1\n2 2 2\nbad\n# note\nworse\n3 3 3\n4 4 4\nx\n", Skip, run: 100);
        Assert.Equal(4, cloud.Points.Count);
        Assert.Equal(7, cloud.Header.PointCount);
        Assert.Equal([0, 4], cloud.FirstIndices);
        Assert.Equal([(2L, 2L, 12L, 17L), (6L, 1L, 41L, 2L)], cloud.Losses.Select(loss => (loss.FirstPoint, loss.Points, loss.Offset, loss.Length)));
        Assert.Contains("line 3 (\"bad\")", cloud.Losses[0].Problem);
    }

    [Fact]
    public void Losses_do_not_grow_without_end()
    {
        string text = string.Concat(Enumerable.Range(0, 10000).Select(i => $"{i} 2 3\nbad\n"));
        TextCloud cloud = TextCloud.Of(text, Skip, run: 100);
        Assert.Equal(10000, cloud.Points.Count);
        Assert.InRange(cloud.Losses.Count, 1000, 5000);
        Assert.Equal(20000, cloud.Header.PointCount);
        Assert.Equal(10000, cloud.Losses.Sum(loss => loss.Points));
    }

    [Theory]
    [InlineData("3\n1 2 3\n4 5 6\n", 2, 1, "PTS block 1 promises")]
    [InlineData("1\n1 2 3\n4 5 6\n", 1, 0, "line 3 (\"4 5 6\") follows the points")]
    [InlineData("1\n1 2 3\n2\n4 5 6\n", 2, 1, "PTS block 2 promises")]
    public void A_count_that_lies_is_refused_or_told(string text, int points, int lost, string problem)
    {
        Assert.Contains(problem, Assert.Throws<InvalidPointCloudException>(() => TextCloud.Of(text)).Message);
        TextCloud cloud = TextCloud.Of(text, Skip);
        Assert.Equal(points, cloud.Points.Count);
        Assert.Equal(points, cloud.Header.PointCount);
        PointLoss loss = Assert.Single(cloud.Losses);
        Assert.Equal(lost, loss.Points);
        Assert.Contains(problem, loss.Problem);
    }

    [Fact]
    public void Blocks_follow_one_another()
    {
        TextCloud cloud = TextCloud.Of("1\n1 2 3\n2\n4 5 6\n7 8 9\n");
        Assert.Equal(3, cloud.Header.PointCount);
        Assert.Equal((7, 8, 9), cloud[2]);
    }

    [Fact]
    public void Every_truncation_ends_in_an_answer()
    {
        byte[] file = Encoding.ASCII.GetBytes(TwoScans);
        int firstScan = TwoScans.IndexOf("4 5 6 1\n", StringComparison.Ordinal) + 8;
        for (int length = 0; length < file.Length; length++)
        {
            int most = length;
            // A file of the first scan alone is whole, and within the last number the end cannot be told from a whole file's.
            if (length != firstScan && length != firstScan - 1 && length < file.Length - 3) Assert.ThrowsAny<PointCloudException>(() => TextCloud.Of(file[..most]));
            try
            {
                TextCloud cloud = TextCloud.Of(file[..length], Skip);
                Assert.True(cloud.Header.PointCount >= cloud.Points.Count);
            }
            catch (PointCloudException)
            {
                // Refused.
            }
        }
    }

    [Fact]
    public void Lines_without_end_are_refused()
    {
        byte[] file = new byte[200_000];
        file.AsSpan().Fill((byte)'7');
        Assert.Throws<UnknownPointCloudFormatException>(() => TextCloud.Of(file));
        "1 2 3\n"u8.CopyTo(file);
        InvalidPointCloudException error = Assert.Throws<InvalidPointCloudException>(() => TextCloud.Of(file));
        Assert.Equal(6, error.Offset);
        Assert.Contains("line 2 has no end", error.Message);
        TextCloud cloud = TextCloud.Of(file, Skip);
        Assert.Equal(1, cloud.Points.Count);
        Assert.Contains("line 2 has no end", Assert.Single(cloud.Losses).Problem);
    }

    [Fact]
    public void Lines_across_the_buffer_are_whole()
    {
        StringBuilder text = new();
        for (int i = 0; i < 200_000; i++) text.Append(i).Append(' ').Append(i * 0.25).Append(" -").Append(i).Append('\n');
        TextCloud cloud = TextCloud.Of(text.ToString(), run: 5000);
        Assert.Equal(200_000, cloud.Header.PointCount);
        for (int i = 0; i < 200_000; i++) Assert.Equal((i, i * 0.25, -i), cloud[i]);
    }

    [Fact]
    public void A_colour_of_16_bits_deep_in_the_file_is_found()
    {
        string dark = string.Concat(Enumerable.Repeat("1 2 3 0 0 0\n", 100_000));
        Assert.Equal(7, TextCloud.Of("x y z r g b\n" + dark + string.Concat(Enumerable.Repeat("1 2 3 7 300 0\n", 40_000)), run: 50_000).Points.Red![139_999]);
    }
}
