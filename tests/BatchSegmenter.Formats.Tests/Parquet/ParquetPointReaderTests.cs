using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Tests;
using Parquet;
using Parquet.Schema;

namespace BatchSegmenter.Formats.Tests.Parquet;

public sealed class ParquetPointReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("batchsegmenter-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_again()
    {
        PointColumns written = Sample(25_000);
        MemoryStream file = new();
        using (ParquetPointWriter writer = new(file, PointAttributes.All, leaveOpen: true, rowsPerGroup: 10_000))
        {
            writer.Write(written);
            writer.Complete();
            Assert.Equal(written.Count, writer.PointCount);
        }

        using PointCloudReader reader = PointCloudReader.Open(file, "a.parquet");
        Assert.Equal("parquet", reader.Header.Format);
        Assert.Equal(written.Count, reader.Header.PointCount);
        Assert.Equal(PointAttributes.All, reader.Header.Attributes);
        PointColumns read = ReadAll(reader, PointAttributes.All);
        int n = written.Count;
        Assert.Equal(n, read.Count);
        Assert.Equal(written.X.AsSpan(0, n), read.X.AsSpan(0, n));
        Assert.Equal(written.Z.AsSpan(0, n), read.Z.AsSpan(0, n));
        Assert.Equal(written.Intensity.AsSpan(0, n), read.Intensity.AsSpan(0, n));
        Assert.Equal(written.Classification.AsSpan(0, n), read.Classification.AsSpan(0, n));
        Assert.True(written.ClassificationFlags.AsSpan(0, n).SequenceEqual(read.ClassificationFlags.AsSpan(0, n)));
        Assert.Equal(written.ScanAngle.AsSpan(0, n), read.ScanAngle.AsSpan(0, n));
        Assert.Equal(written.GpsTime.AsSpan(0, n), read.GpsTime.AsSpan(0, n));
        Assert.Equal(written.Blue.AsSpan(0, n), read.Blue.AsSpan(0, n));
        Assert.Equal(written.Row.AsSpan(0, n), read.Row.AsSpan(0, n));
    }

    [Fact]
    public async Task Columns_of_any_number_type_are_converted()
    {
        byte[] file = await WriteAsync(
            Column<float>("X", 1.5f, 2.5f, 3.5f), Column<int>("y", -1, 0, 1), Column<decimal>("z", 1.25m, 2, 3), Column<long>("intensity", 0, 65535, 7),
            Column<double>("return_number", 1, 2, 255), Column<uint>("label", 2, 5, 6), Column<float>("confidence", 1, 1, 1), Column<bool>("withheld", false, true, false),
            Column<short>("overlap", 1, 0, 0), Column<string>("label_name", "a", "b", "c"));
        using PointCloudReader reader = PointCloudReader.Open(new MemoryStream(file), "a.parquet");
        PointAttributes all = PointAttributes.Intensity | PointAttributes.ReturnNumber | PointAttributes.Classification | PointAttributes.ClassificationFlags;
        Assert.Equal(all, reader.Header.Attributes);
        PointColumns read = ReadAll(reader, all | PointAttributes.GpsTime);
        Assert.Equal([1.5, 2.5, 3.5], read.X[..3]);
        Assert.Equal([-1, 0, 1], read.Y[..3]);
        Assert.Equal([1.25, 2, 3], read.Z[..3]);
        Assert.Equal([0, 65535, 7], read.Intensity![..3]);
        Assert.Equal([1, 2, 255], read.ReturnNumber![..3]);
        Assert.Equal([2, 5, 6], read.Classification![..3]);
        Assert.Equal([ClassificationFlags.Overlap, ClassificationFlags.Withheld, ClassificationFlags.None], read.ClassificationFlags![..3]);
        Assert.Equal([0, 0, 0], read.GpsTime![..3]);
    }

    [Fact]
    public async Task The_sources_classification_goes_before_the_label()
    {
        byte[] file = await WriteAsync(Column<double>("x", 4), Column<double>("y", 0), Column<double>("z", -2), Column<int>("label", 2), Column<byte>("classification", 9));
        using PointCloudReader reader = PointCloudReader.Open(new MemoryStream(file), "a.parquet");
        Assert.Equal((4, -2), (reader.Header.Min.X, reader.Header.Max.Z));
        Assert.Equal(9, ReadAll(reader, PointAttributes.Classification).Classification![0]);
    }

    [Theory]
    [InlineData(70000, "row 1 has intensity 70000; 0 to 65535")]
    [InlineData(-1, "row 1 has intensity -1")]
    public async Task Values_that_do_not_fit_are_refused(int intensity, string expected)
    {
        byte[] file = await WriteAsync(Column<double>("x", 0, 1), Column<double>("y", 0, 1), Column<double>("z", 0, 1), Column<int>("intensity", 5, intensity));
        using PointCloudReader reader = PointCloudReader.Open(new MemoryStream(file), "a.parquet");
        Assert.Contains(expected, Assert.Throws<InvalidPointCloudException>(() => ReadAll(reader, PointAttributes.Intensity)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fractions_of_1_and_colours_of_bytes_become_16_bits()
    {
        byte[] fractions = await WriteAsync(
            Column<double>("x", 0, 1), Column<double>("y", 0, 1), Column<double>("z", 0, 1), Column<float>("intensity", 0.25f, 1),
            Column<byte>("red", 255, 1), Column<byte>("green", 0, 2), Column<byte>("blue", 7, 0));
        using PointCloudReader reader = PointCloudReader.Open(new MemoryStream(fractions), "a.parquet");
        Assert.Equal(["intensity is within 0 and 1; it is scaled to 0–65535.", "colours are taken as bytes."], reader.Header.Remarks);
        PointColumns read = ReadAll(reader, PointAttributes.Intensity | PointAttributes.Color);
        Assert.Equal([16384, 65535], read.Intensity![..2]);
        Assert.Equal([65280, 256], read.Red![..2]);
        Assert.Equal([1792, 0], read.Blue![..2]);

        byte[] whole = await WriteAsync(
            Column<double>("x", 0), Column<double>("y", 0), Column<double>("z", 0), Column<float>("intensity", 2), Column<double>("red", 1), Column<double>("green", 0.5), Column<float>("blue", 0));
        using PointCloudReader mixed = PointCloudReader.Open(new MemoryStream(whole), "a.parquet");
        read = ReadAll(mixed, PointAttributes.Intensity | PointAttributes.Color);
        Assert.Equal((2, 65535, 32768), (read.Intensity![0], read.Red![0], read.Green![0]));
    }

    [Fact]
    public async Task Nulls_are_zeros_and_columns_of_nulls_are_absent()
    {
        byte[] file = await WriteAsync(
            Column<double>("x", 0, 1), Column<double>("y", 0, 1), Column<double?>("z", 3, 4), Column<ushort?>("intensity", 8, null), Column<double?>("gps_time", null, null),
            Column<bool?>("withheld", null, true));
        using PointCloudReader reader = PointCloudReader.Open(new MemoryStream(file), "a.parquet");
        Assert.Equal(PointAttributes.Intensity | PointAttributes.ClassificationFlags, reader.Header.Attributes);
        PointColumns read = ReadAll(reader, PointAttributes.All);
        Assert.Equal([8, 0], read.Intensity![..2]);
        Assert.Equal([3, 4], read.Z[..2]);
        Assert.Equal([ClassificationFlags.None, ClassificationFlags.Withheld], read.ClassificationFlags![..2]);

        byte[] gap = await WriteAsync(Column<double>("x", 0, 1), Column<double?>("y", 0, null), Column<double>("z", 0, 1));
        using PointCloudReader incomplete = PointCloudReader.Open(new MemoryStream(gap), "a.parquet");
        Assert.Contains("row 1 has no y", Assert.Throws<InvalidPointCloudException>(() => ReadAll(incomplete, PointAttributes.None)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_parts_is_one_cloud_in_the_order_of_names()
    {
        string source = Path.Combine(_folder, "source=a%2Fb");
        Directory.CreateDirectory(source);
        PointColumns points = Sample(10);
        foreach (int part in new[] { 1, 0, 2 })
        {
            using ParquetPointWriter writer = new(File.Create(Path.Combine(source, $"part-0000{part}.parquet")), PointAttributes.Intensity);
            for (int i = 0; i < 10; i++) points.X[i] = (part * 10) + i;
            if (part != 1) writer.Write(points);
            writer.Complete();
        }

        File.WriteAllText(Path.Combine(source, ".part-00003.parquet"), "half written");
        Assert.Equal("a/b", PointDatasetFolder.NameOf(source));
        using PointCloudReader reader = PointCloudReader.Open(source);
        Assert.Equal(20, reader.Header.PointCount);
        PointColumns read = new(0, PointAttributes.None);
        List<long> starts = [];
        for (int count; (count = reader.Read(read, 7)) > 0;) starts.Add(reader.FirstIndex);
        Assert.Equal([0, 7, 10, 17], starts);
        Assert.Equal(0, reader.Remaining);
        Assert.Equal([.. Enumerable.Range(0, 10).Select(i => (double)i), .. Enumerable.Range(20, 10).Select(i => (double)i)], read.X[..20]);
        Directory.CreateDirectory(Path.Combine(_folder, "empty"));
        Assert.Throws<UnsupportedPointCloudException>(() => PointCloudReader.Open(Path.Combine(_folder, "empty")));
        Assert.Equal("__/__/etc/x", PointDatasetFolder.NameOf("/tmp/source=..%2F..%2Fetc%2Fx"));
    }

    [Fact]
    public async Task A_table_of_something_else_is_refused_with_its_columns()
    {
        byte[] file = await WriteAsync(Column<double>("lon", 0), Column<double>("lat", 0), Column<string>("z", "no number"));
        string message = Assert.Throws<UnsupportedPointCloudException>(() => PointCloudReader.Open(new MemoryStream(file), "a.parquet")).Message;
        Assert.Contains("it has lon, lat, z", message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("formats/laz/pdal-2-2-2-1.laz")]
    [InlineData("formats/laz/startinpy-small.laz")]
    public void A_real_cloud_is_the_same_as_parquet(string file)
    {
        string path = SharedFiles.Require(file);
        MemoryStream parquet = new();
        using (PointCloudReader source = PointCloudReader.Open(path)) PointTranslation.Translate(source, path, parquet, ".parquet", new());
        using PointCloudReader original = PointCloudReader.Open(path), written = PointCloudReader.Open(parquet, "a.parquet");
        Assert.Equal(original.Header.PointCount, written.Header.PointCount);
        Assert.Equal(original.Header.Attributes, written.Header.Attributes);
        PointColumns expected = ReadAll(original, original.Header.Attributes), read = ReadAll(written, original.Header.Attributes);
        foreach (((string name, Array left), (_, Array right)) in AttributeColumns.Of(expected).Zip(AttributeColumns.Of(read)))
            for (int i = 0; i < expected.Count; i++) Assert.True(left.GetValue(i)!.Equals(right.GetValue(i)), $"{name} of point {i}");
    }

    [Fact]
    public void Damage_ends_in_the_ladder()
    {
        PointColumns points = Sample(300);
        MemoryStream file = new();
        using (ParquetPointWriter writer = new(file, PointAttributes.All, leaveOpen: true))
        {
            writer.Write(points);
            writer.Complete();
        }

        byte[] whole = file.ToArray();
        for (int length = 4; length < whole.Length; length += 23) Check(whole[..length], mustFail: true);
        Random random = new(3);
        for (int round = 0; round < 400; round++)
        {
            byte[] changed = (byte[])whole.Clone();
            for (int change = random.Next(1, 4); change > 0; change--)
                changed[random.Next(2) == 0 ? random.Next(4, changed.Length) : random.Next(changed.Length - 3000, changed.Length)] = (byte)random.Next(256);
            Check(changed, mustFail: false);
        }

        static void Check(byte[] content, bool mustFail)
        {
            Exception? fault = Record.Exception(() =>
            {
                using PointCloudReader reader = PointCloudReader.Open(new MemoryStream(content), "a.parquet");
                ReadAll(reader, PointAttributes.All);
            });
            Assert.True(fault is PointCloudException || (fault is null && !mustFail), $"{content.Length} bytes: {fault}");
        }
    }

    private static PointColumns ReadAll(PointCloudReader reader, PointAttributes attributes)
    {
        PointColumns columns = new(0, attributes);
        while (reader.Read(columns, 100_000) > 0) { }
        return columns;
    }

    private static PointColumns Sample(int count)
    {
        PointColumns columns = new(count, PointAttributes.All) { Count = count };
        Random random = new(5);
        for (int i = 0; i < count; i++)
        {
            (columns.X[i], columns.Y[i], columns.Z[i]) = (600000 + (random.Next(100000) / 100.0), 6000000 + (i / 1000.0), random.NextDouble());
            columns.Intensity![i] = (ushort)random.Next(65536);
            columns.Classification![i] = (byte)random.Next(256);
            columns.ClassificationFlags![i] = (ClassificationFlags)random.Next(16);
            columns.ScanAngle![i] = random.Next(-90, 90);
            columns.GpsTime![i] = 3e8 + random.NextDouble();
            columns.Blue![i] = (ushort)random.Next(65536);
            columns.Row![i] = random.Next();
        }

        return columns;
    }

    private static (DataField Field, Func<ParquetRowGroupWriter, DataField, Task> Write, int Rows) Column<T>(string name, params T[] values) =>
        (new DataField(name, Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T), Nullable.GetUnderlyingType(typeof(T)) is not null), (group, field) => values switch
        {
            string[] texts => group.WriteAsync(field, texts),
            double?[] v => group.WriteAsync<double>(field, v.AsMemory()),
            ushort?[] v => group.WriteAsync<ushort>(field, v.AsMemory()),
            bool?[] v => group.WriteAsync<bool>(field, v.AsMemory()),
            double[] v => group.WriteAsync<double>(field, v.AsMemory()),
            float[] v => group.WriteAsync<float>(field, v.AsMemory()),
            int[] v when typeof(T) == typeof(int) => group.WriteAsync<int>(field, v.AsMemory()),
            uint[] v when typeof(T) == typeof(uint) => group.WriteAsync<uint>(field, v.AsMemory()),
            long[] v => group.WriteAsync<long>(field, v.AsMemory()),
            short[] v => group.WriteAsync<short>(field, v.AsMemory()),
            decimal[] v => group.WriteAsync<decimal>(field, v.AsMemory()),
            byte[] v => group.WriteAsync<byte>(field, v.AsMemory()),
            bool[] v => group.WriteAsync<bool>(field, v.AsMemory()),
            _ => throw new ArgumentException(typeof(T).Name),
        }, values.Length);

    private static async Task<byte[]> WriteAsync(params (DataField Field, Func<ParquetRowGroupWriter, DataField, Task> Write, int Rows)[] columns)
    {
        MemoryStream file = new();
        await using (ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(columns.Select(column => (Field)column.Field)), file))
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            foreach ((DataField field, Func<ParquetRowGroupWriter, DataField, Task> write, _) in columns) await write(group, field);
            group.CompleteValidate();
        }

        return file.ToArray();
    }
}
