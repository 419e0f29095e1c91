using System.Globalization;
using BatchSegmenter.Formats.E57;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.E57;

public class E57ReaderTests
{
    private const string Xyz = "<cartesianX type=\"Float\"/><cartesianY type=\"Float\"/><cartesianZ type=\"Float\" precision=\"single\"/>";

    [SkippableFact]
    public void Every_real_file_has_the_points_that_are_known_of_it()
    {
        int files = 0;
        foreach (string line in File.ReadLines(SharedFiles.Require("files.csv")).Where(line => line.StartsWith("formats/e57/", StringComparison.Ordinal)))
        {
            string name = line[..line.IndexOf(',')];
            long records = line.Split("rec=")[1].Split(' ')[0].Split(',', StringSplitOptions.RemoveEmptyEntries).Sum(long.Parse);

            // These hold records without a position, which are no points.
            if (name.Contains("synthetic")) records -= 2;
            PointColumns columns = ReadAll(SharedFiles.Require(name), out PointCloudHeader header);
            Assert.True(records == columns.Count, $"{name}: {columns.Count} points, {records} expected");
            Assert.Equal("e57", header.Format);
            Assert.Equal(columns.Count, header.PointCount);
            files++;
        }

        Assert.True(files >= 29);
    }

    [SkippableFact]
    public void Scaled_integers_of_19_21_and_24_bits_agree_with_doubles()
    {
        PointColumns doubles = ReadAll(SharedFiles.Require("formats/e57/libe57format-test-data-bunnyDouble.e57"), out _);
        Assert.Equal(30571, doubles.Count);
        foreach (int bits in (int[])[19, 21, 24])
        {
            PointColumns integers = ReadAll(SharedFiles.Require($"formats/e57/e57-bunnyInt{bits}.e57"), out PointCloudHeader header);
            for (int i = 0; i < doubles.Count; i++)
            {
                Assert.Equal(doubles.X[i], integers.X[i], 0.0000006);
                Assert.Equal(doubles.Y[i], integers.Y[i], 0.0000006);
                Assert.Equal(doubles.Z[i], integers.Z[i], 0.0000006);
            }

            Assert.Equal(integers.X.Take(30571).Min(), header.Min.X, 0.0000011);
            Assert.Equal(integers.Z.Take(30571).Max(), header.Max.Z, 0.0000011);
        }
    }

    [SkippableFact]
    public void Real_poses_colours_and_intensities()
    {
        PointColumns moved = ReadAll(SharedFiles.Require("formats/e57/pye57-translationWithoutRotation.e57"), out PointCloudHeader header);
        Assert.Equal([(4.0, 5.0, 6.0), (4, 6, 6), (5, 5, 6), (5, 6, 6)], Points(moved).Order());
        Assert.True(double.IsNaN(header.Min.X));

        PointColumns two = ReadAll(SharedFiles.Require("formats/e57/pdal-A_B.e57"), out header);
        Assert.Equal([1, 1, 2, 2, 2, 2], two.PointSourceId!.Take(6).Select(id => (int)id));
        Assert.Contains("2 scans", header.Remarks[0]);
        Assert.Equal(PointAttributes.Intensity | PointAttributes.Color | PointAttributes.PointSourceId, header.Attributes);

        PointColumns cube = ReadAll(SharedFiles.Require("formats/e57/libe57format-test-data-ColouredCubeDouble.e57"), out _);
        Assert.Equal((652800 << 8, 652800 << 8, 652800 << 8), (Sum(cube.Red), Sum(cube.Green), Sum(cube.Blue)));
        Assert.Equal(20.729683607816696, cube.Y.Take(cube.Count).Sum(), 1e-9);
        Assert.Equal(0.46697044372558594, cube.Y[1]);

        PointColumns las = ReadAll(SharedFiles.Require("formats/e57/libe57format-test-data-ColourRepresentation.e57"), out _);
        Assert.Equal((3264000, 3394560, 3329280), (Sum(las.Red), Sum(las.Green), Sum(las.Blue)));
        Assert.All(las.ReturnNumber!.Take(153), number => Assert.Equal(1, number));
        Assert.Equal(-0.015, las.Y[0]);

        PointColumns scaled = ReadAll(SharedFiles.Require("formats/e57/e57-scaled_integer_intensity.e57"), out _);
        Assert.Equal([0, 65535], scaled.Intensity!.Take(2).Select(value => (int)value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(13)]
    [InlineData(32)]
    [InlineData(57)]
    [InlineData(58)]
    [InlineData(61)]
    [InlineData(63)]
    [InlineData(64)]
    public void Integers_of_any_width_continue_from_packet_to_packet(int bits)
    {
        const int Count = 200;
        ulong mask = ulong.MaxValue >> (64 - bits);
        long minimum = bits == 64 ? long.MinValue : -5;
        ulong[] stored = [.. Enumerable.Range(0, Count).Select(i => 0x9E3779B97F4A7C15UL * (ulong)(i + 1) & mask)];
        byte[] packed = E57File.Bits(bits, stored);
        string prototype = string.Create(CultureInfo.InvariantCulture,
            $"<cartesianX type=\"ScaledInteger\" minimum=\"{minimum}\" maximum=\"{minimum + (long)mask}\" scale=\"0.25\" offset=\"100\"/><cartesianY type=\"Integer\" minimum=\"7\" maximum=\"7\"/><cartesianZ type=\"Float\" precision=\"single\"/>");
        // Cut at bytes that no value ends on, with a packet that holds nothing of the other field and one that holds all of it.
        int third = packed.Length / 3;
        byte[] z = E57File.Floats([.. Enumerable.Range(0, Count).Select(i => i * 0.5f)]);
        PointColumns columns = ReadAll(new E57File().Scan(Count, prototype, "",
            [packed[..third], [], []], [packed[third..(third + 1)], [], z], [packed[(third + 1)..], [], []]).ToBytes(), out _, run: 17);
        Assert.Equal(Count, columns.Count);
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal((minimum + (long)stored[i]) * 0.25 + 100, columns.X[i]);
            Assert.Equal(7, columns.Y[i]);
            Assert.Equal(i * 0.5, columns.Z[i]);
        }
    }

    [Fact]
    public void Poses_turn_and_move_and_their_quaternions_need_no_unit_length()
    {
        // A quarter turn around z: (1, 2, 3) becomes (-2, 1, 3).
        const string Pose = "<pose type=\"Structure\"><rotation type=\"Structure\"><w type=\"Float\">2</w><x type=\"Float\"/><y type=\"Float\"/><z type=\"Float\">2</z></rotation><translation type=\"Structure\"><x type=\"Float\">1e1</x><y type=\"Float\">20</y><z type=\"Float\"/></translation></pose>";
        byte[][] packet = [E57File.Doubles(1), E57File.Doubles(2), E57File.Floats(3)];
        PointColumns columns = ReadAll(new E57File().Scan(1, Xyz, "", packet).Scan(1, Xyz, Pose, packet).ToBytes(), out _);
        Assert.Equal((1.0, 2.0, 3.0), (columns.X[0], columns.Y[0], columns.Z[0]));
        Assert.Equal(8, columns.X[1], 1e-12);
        Assert.Equal(21, columns.Y[1], 1e-12);
        Assert.Equal(3, columns.Z[1], 1e-12);
        Assert.Equal([1, 2], columns.PointSourceId!.Take(2).Select(id => (int)id));
    }

    [Fact]
    public void Spherical_records_are_converted_and_those_without_a_position_dropped_in_all_columns()
    {
        const string Prototype = "<sphericalRange type=\"Float\"/><sphericalAzimuth type=\"Float\"/><sphericalElevation type=\"Float\"/>"
            + "<sphericalInvalidState type=\"Integer\" minimum=\"0\" maximum=\"2\"/><rowIndex type=\"Integer\" minimum=\"0\" maximum=\"15\"/>"
            + "<columnIndex type=\"Integer\" minimum=\"-1\" maximum=\"6\"/><timeStamp type=\"Float\"/><returnIndex type=\"Integer\" minimum=\"0\" maximum=\"3\"/>"
            + "<returnCount type=\"Integer\" minimum=\"1\" maximum=\"4\"/><x:classification type=\"Integer\" minimum=\"0\" maximum=\"255\"/><x:name type=\"String\"/>";
        byte[] file = new E57File().Scan(4, Prototype, "",
        [
            E57File.Doubles(2, 9, 9, 4), E57File.Doubles(Math.PI / 2, 0, 0, Math.PI), E57File.Doubles(0, 0, 0, Math.PI / 6),
            E57File.Bits(2, 0, 1, 2, 0), E57File.Bits(4, 3, 4, 5, 6), E57File.Bits(3, 1, 2, 3, 4), E57File.Doubles(0.5, 1, 2, 3.25),
            E57File.Bits(2, 0, 0, 0, 1), E57File.Bits(2, 0, 0, 0, 1), [6, 0, 0, 2], [0, 0, 0, 0],
        ]).ToBytes();
        PointColumns columns = ReadAll(file, out PointCloudHeader header);
        Assert.Equal(2, header.PointCount);
        Assert.Equal(2, columns.Count);
        Assert.Contains(header.Remarks, remark => remark.StartsWith("2 of 4 records", StringComparison.Ordinal));
        Assert.Equal(2, columns.Y[0], 1e-12);
        Assert.Equal(0, columns.X[0], 1e-12);
        Assert.Equal(-4 * Math.Sqrt(0.75), columns.X[1], 1e-12);
        Assert.Equal(2, columns.Z[1], 1e-12);
        Assert.Equal([3, 6], columns.Row!.Take(2));
        Assert.Equal([0, 3], columns.Column!.Take(2));
        Assert.Equal([0.5, 3.25], columns.GpsTime!.Take(2));
        Assert.Equal([1, 2], columns.ReturnNumber!.Take(2).Select(value => (int)value));
        Assert.Equal([1, 2], columns.NumberOfReturns!.Take(2).Select(value => (int)value));
        Assert.Equal([6, 2], columns.Classification!.Take(2).Select(value => (int)value));
    }

    [Fact]
    public void Colours_and_intensities_are_scaled_by_limits_then_by_the_range_of_their_field()
    {
        string prototype = Xyz + "<intensity type=\"Float\" precision=\"single\"/><isIntensityInvalid type=\"Integer\" minimum=\"0\" maximum=\"1\"/>"
            + "<colorRed type=\"Integer\" minimum=\"0\" maximum=\"255\"/><colorGreen type=\"Integer\" minimum=\"0\" maximum=\"1023\"/><colorBlue type=\"Float\" precision=\"single\" minimum=\"0\" maximum=\"1\"/>";
        const string Limits = "<intensityLimits type=\"Structure\"><intensityMinimum type=\"Float\">-10</intensityMinimum><intensityMaximum type=\"Float\">10</intensityMaximum></intensityLimits>";
        byte[][] packet =
        [
            E57File.Doubles(1, 2, 3), E57File.Doubles(1, 2, 3), E57File.Floats(1, 2, 3), E57File.Floats(0, 11, 5), E57File.Bits(1, 0, 0, 1),
            [0, 128, 255], E57File.Bits(10, 0, 511, 1023), E57File.Floats(0, 0.5f, 2),
        ];
        PointColumns columns = ReadAll(new E57File().Scan(3, prototype, Limits, packet).ToBytes(), out _);
        Assert.Equal([32768, 65535, 0], columns.Intensity!.Take(3).Select(value => (int)value));
        Assert.Equal([0, 128 << 8, 255 << 8], columns.Red!.Take(3).Select(value => (int)value));
        Assert.Equal([0, 32735, 65535], columns.Green!.Take(3).Select(value => (int)value));
        Assert.Equal([0, 32768, 65535], columns.Blue!.Take(3).Select(value => (int)value));

        columns = ReadAll(new E57File().Scan(3, prototype, "", packet).ToBytes(), out _);
        Assert.Equal([0, 65535, 0], columns.Intensity!.Take(3).Select(value => (int)value));
    }

    [Fact]
    public void The_reference_system_is_told_and_its_lengths_are_metres()
    {
        E57File file = new() { Root = "<coordinateMetadata type=\"String\"><![CDATA[PROJCS[\"x\",GEOGCS[\"y\"],UNIT[\"foot\",0.3048],AUTHORITY[\"EPSG\",\"25832\"]]]]></coordinateMetadata>" };
        using E57Reader reader = new(new MemoryStream(file.ToBytes()), "f.e57");
        Assert.Equal(25832, reader.Header.Crs.Epsg);
        Assert.Equal(CrsKind.Projected, reader.Header.Crs.Kind);
        Assert.Equal(1, reader.Header.Crs.HorizontalUnit);
        Assert.Equal(0, reader.Header.PointCount);
        Assert.Equal(0, reader.Read(new PointColumns(0, PointAttributes.All), 10));
    }

    private static int Sum(ushort[]? values) => values!.Sum(value => value);

    private static IEnumerable<(double, double, double)> Points(PointColumns columns) =>
        Enumerable.Range(0, columns.Count).Select(i => (columns.X[i], columns.Y[i], columns.Z[i]));

    private static PointColumns ReadAll(string path, out PointCloudHeader header) => ReadAll(File.ReadAllBytes(path), out header);

    private static PointColumns ReadAll(byte[] file, out PointCloudHeader header, int run = 100_000)
    {
        using PointCloudReader reader = PointCloudReader.Open(new MemoryStream(file), "f.e57");
        header = reader.Header;
        PointColumns columns = new(0, PointAttributes.All);
        for (int count; (count = reader.Read(columns, run)) > 0;) Assert.Equal(columns.Count - count, reader.FirstIndex);
        Assert.Equal(0, reader.Remaining);
        return columns;
    }
}
