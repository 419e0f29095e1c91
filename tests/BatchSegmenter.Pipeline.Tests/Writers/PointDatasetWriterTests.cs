using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Writers;
using DuckDB.NET.Data;

namespace BatchSegmenter.Pipeline.Tests.Writers;

public sealed class PointDatasetWriterTests : IDisposable
{
    private static readonly string[] LabelNames = [.. Enumerable.Range(0, 256).Select(label => label == 2 ? "ground" : label == 6 ? "building" : $"class {label}")];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Duckdb_reads_every_value_back()
    {
        await Write("s", 1000, new() { Columns = AttributeColumn.Names, Probabilities = true, Entropy = true });

        Assert.Equal(
            [
                "x DOUBLE", "y DOUBLE", "z DOUBLE", "label INTEGER", "label_name VARCHAR", "confidence FLOAT", "point_index BIGINT", "p_ground FLOAT",
                "p_building FLOAT", "entropy FLOAT", "intensity USMALLINT", "return_number UTINYINT", "number_of_returns UTINYINT",
                "classification UTINYINT", "synthetic BOOLEAN", "key_point BOOLEAN", "withheld BOOLEAN", "overlap BOOLEAN",
                "scanner_channel UTINYINT", "scan_direction_flag UTINYINT", "edge_of_flight_line UTINYINT", "scan_angle FLOAT", "user_data UTINYINT",
                "point_source_id USMALLINT", "gps_time DOUBLE", "red USMALLINT", "green USMALLINT", "blue USMALLINT", "nir USMALLINT", "source VARCHAR",
            ],
            Query($"describe select * from {Dataset}").Select(row => $"{row[0]} {row[1]}"));

        PointColumns points = Points(1000, PointAttributes.All);
        List<object[]> rows = Query($"select * from {Dataset} order by point_index");
        Assert.Equal(1000, rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            object[] expected =
            [
                points.X[i], points.Y[i], points.Z[i], Label(i), LabelNames[Label(i)], Confidence(i), (long)i, Confidence(i), 1 - Confidence(i),
                -((Confidence(i) * MathF.Log(Confidence(i))) + ((1 - Confidence(i)) * MathF.Log(1 - Confidence(i)))),
                points.Intensity![i], points.ReturnNumber![i], points.NumberOfReturns![i], points.Classification![i],
                points.ClassificationFlags![i].HasFlag(ClassificationFlags.Synthetic), points.ClassificationFlags[i].HasFlag(ClassificationFlags.KeyPoint),
                points.ClassificationFlags[i].HasFlag(ClassificationFlags.Withheld), points.ClassificationFlags[i].HasFlag(ClassificationFlags.Overlap),
                points.ScannerChannel![i], points.ScanDirectionFlag![i], points.EdgeOfFlightLine![i], points.ScanAngle![i], points.UserData![i],
                points.PointSourceId![i], points.GpsTime![i], points.Red![i], points.Green![i], points.Blue![i], points.Nir![i], "s",
            ];
            Assert.Equal(expected, rows[i]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(200)]
    [InlineData(256)]
    public async Task Any_number_of_labels_comes_back_with_its_names(int labels)
    {
        const int Count = 5000;
        PointColumns points = Points(Count, PointAttributes.All);
        int[] codes = [.. Enumerable.Range(0, Count).Select(i => i / 100 % 2 == 0 ? i * 31 % labels : 255 - (i / 1000 % labels))];
        await using (PointDatasetWriter writer = Writer("s", new(), PointAttributes.All, rowsPerGroup: 1700))
        {
            await writer.AppendAsync(new(points, 0, 0, codes, new float[Count], default));
            await writer.CommitAsync();
        }

        List<object[]> rows = Query($"select label, label_name from {Dataset} order by point_index");
        Assert.Equal(codes, rows.Select(row => (int)row[0]));
        Assert.Equal(codes.Select(code => LabelNames[code]), rows.Select(row => (string)row[1]));
    }

    [Theory]
    [InlineData(256)]
    [InlineData(-1)]
    public async Task A_label_outside_its_range_is_refused(int label)
    {
        PointColumns points = Points(1, PointAttributes.All);
        await using PointDatasetWriter writer = Writer("s", new(), PointAttributes.All);

        ArgumentException fault = await Assert.ThrowsAsync<ArgumentException>(async () => await writer.AppendAsync(new(points, 0, 0, new[] { label }, new float[1], default)));
        Assert.Contains($"Label {label}; expected 0 to 255.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Queries_may_skip_row_groups_by_their_coordinates()
    {
        await Write("s", 1000, new(), rowsPerGroup: 500);

        Assert.Equal(
            [["500000.0", "500184.63"], ["500185.0", "500369.63"]],
            Query($"select stats_min_value, stats_max_value from parquet_metadata('{_folder.Path}/**/*.parquet') where path_in_schema = 'x' order by row_group_id"));
        Assert.Equal([[3L]], Query($"select count(*) from {Dataset} where x between 500184.2 and 500185.2"));
        Assert.Equal([[334L]], Query($"select count(*) from {Dataset} where label_name = 'building'"));
    }

    [Fact]
    public async Task Shares_that_are_not_numbers_come_back()
    {
        PointColumns points = Points(2, PointAttributes.All);
        await using (PointDatasetWriter writer = Writer("s", new() { Probabilities = true }, PointAttributes.All))
        {
            await writer.AppendAsync(new(points, 0, 0, new[] { 2, 6 }, new float[2], new[] { 0.25f, 0.75f, float.NaN, float.NaN }));
            await writer.CommitAsync();
        }

        Assert.Equal([[0.25f, 0.75f], [float.NaN, float.NaN]], Query($"select p_ground, p_building from {Dataset} order by point_index"));
        Assert.Equal([[1L]], Query($"select count(*) from {Dataset} where p_ground < 0.5"));
    }

    [Theory]
    [InlineData(200, 1, 2)]
    [InlineData(400, 1, 4)]
    [InlineData(401, 2, 5)]
    public async Task Groups_and_parts_that_are_just_full_have_no_empty_one_after_them(int rows, int parts, int groups)
    {
        Assert.Equal(parts, (await Write("s", rows, new(), rowsPerGroup: 100, groupsPerPart: 4)).Count);

        Assert.Equal([[(long)groups]], Query($"select count(*) from parquet_metadata('{_folder.Path}/**/*.parquet') where path_in_schema = 'x'"));
        Assert.Equal([[(long)rows]], Query($"select count(*) from {Dataset}"));
    }

    [Fact]
    public async Task Attributes_that_the_source_lacks_are_null()
    {
        await Write("with", 10, new() { Columns = ["gps_time", "intensity"] });
        await Write("without", 20, new() { Columns = ["gps_time", "intensity"] }, PointAttributes.Intensity);

        Assert.Equal(
            [["with", 10L, 10L, 10L], ["without", 20L, 0L, 20L]],
            Query($"select source, count(*), count(gps_time), count(intensity) from {Dataset} group by 1 order by 1"));
    }

    [Fact]
    public async Task Sources_stay_text_and_keep_their_folders()
    {
        await Write("0292", 3, new());
        await Write("x%2F0292", 4, new());

        List<object[]> rows = Query($"select distinct source from {Dataset} order by 1");

        Assert.Equal("0292", rows[0][0]);
        Assert.Contains((string)rows[1][0], new[] { "x/0292", "x%2F0292" });
    }

    [Fact]
    public async Task Rows_are_cut_into_groups_and_parts_at_fixed_counts()
    {
        IReadOnlyList<string> parts = await Write("s", 1050, new(), rowsPerGroup: 100, groupsPerPart: 4);

        Assert.Equal(["part-00000.parquet", "part-00001.parquet", "part-00002.parquet"], parts.Select(Path.GetFileName));
        Assert.Equal(
            [[0, 400L, 4L], [1, 400L, 4L], [2, 250L, 3L]],
            Query($"""
                select cast(regexp_extract(file_name, 'part-(\d+)', 1) as int), cast(sum(row_group_num_rows) as bigint), count(*)
                from parquet_metadata('{_folder.Path}/**/*.parquet') where path_in_schema = 'x' group by 1 order by 1
                """));
        Assert.Equal([[1050L, 0L, 1049L, 1050L]], Query($"select count(*), min(point_index), max(point_index), count(distinct point_index) from {Dataset}"));
    }

    [Fact]
    public async Task Bytes_do_not_depend_on_the_runs_appended()
    {
        string whole = Assert.Single(await Write("s", 5000, new() { Columns = ["intensity"], Entropy = true }, run: 5000));
        byte[] expected = File.ReadAllBytes(whole);
        File.Delete(whole);

        Assert.Equal(expected, File.ReadAllBytes(Assert.Single(await Write("s", 5000, new() { Columns = ["intensity"], Entropy = true }, run: 7))));
    }

    [Fact]
    public async Task Columns_have_compression_encodings_and_statistics()
    {
        await Write("s", 5000, new() { Columns = ["gps_time", "intensity"] });

        List<object[]> columns = Query($"""
            select path_in_schema, compression, encodings, stats_min_value, stats_max_value
            from parquet_metadata('{_folder.Path}/**/*.parquet') order by column_id
            """);

        Assert.All(columns, column => Assert.Equal("ZSTD", column[1]));
        foreach ((string name, string encoding) in new[]
        {
            ("x", "BYTE_STREAM_SPLIT"), ("gps_time", "BYTE_STREAM_SPLIT"), ("confidence", "BYTE_STREAM_SPLIT"), ("point_index", "DELTA_BINARY_PACKED"),
            ("label", "DICTIONARY"), ("label_name", "DICTIONARY"), ("intensity", "DELTA_BINARY_PACKED"),
        })
        {
            string encodings = (string)columns.Single(column => (string)column[0] == name)[2];
            Assert.Contains(encoding, encodings, StringComparison.Ordinal);
            Assert.Equal(encoding == "DICTIONARY", encodings.Contains("DICTIONARY", StringComparison.Ordinal));
        }

        object[] index = columns.Single(column => (string)column[0] == "point_index");
        Assert.Equal(("0", "4999"), (index[3].ToString(), index[4].ToString()));
    }

    [Fact]
    public async Task Metadata_stands_in_the_footer()
    {
        await Write("s", 10, new());

        Assert.Contains(
            ["bundle", "aerial-1"],
            Query($"select decode(key), decode(value) from parquet_kv_metadata('{_folder.Path}/**/*.parquet')").Select(row => row.Cast<string>().ToArray()));
    }

    [Fact]
    public async Task An_input_without_points_gives_a_file_without_rows()
    {
        Assert.Single(await Write("s", 0, new() { Columns = ["intensity"] }));

        Assert.Equal([[0L]], Query($"select count(*) from {Dataset}"));
        Assert.Equal(9, Query($"describe select * from {Dataset}").Count);
    }

    [Fact]
    public async Task Stale_parts_go_when_a_shorter_version_is_committed()
    {
        await Write("s", 1050, new(), rowsPerGroup: 100, groupsPerPart: 4);

        await Write("s", 10, new());

        Assert.Equal(["part-00000.parquet"], Directory.GetFiles(_folder["points/source=s"]).Select(Path.GetFileName));
        Assert.Equal([[10L]], Query($"select count(*) from {Dataset}"));
    }

    [Fact]
    public async Task Nothing_is_visible_unless_committed()
    {
        await using (PointDatasetWriter writer = Writer("s", new(), PointAttributes.All, 100, 2))
            await writer.AppendAsync(Run(Points(550, PointAttributes.All), 0, 550));

        Assert.Empty(Directory.GetFiles(_folder["points/source=s"]));
    }

    [Fact]
    public async Task Runs_whose_lengths_disagree_are_refused()
    {
        await using PointDatasetWriter writer = Writer("s", new(), PointAttributes.All);
        LabelledPoints run = Run(Points(10, PointAttributes.All), 0, 10);

        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.AppendAsync(run with { Confidence = new float[9] }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.AppendAsync(run with { Offset = 1 }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await writer.AppendAsync(run with { Probabilities = new float[19] }));
    }

    // The partition's value must stay text: DuckDB would make the number 292 of source=0292.
    private string Dataset => $"read_parquet('{_folder.Path}/points/*/*.parquet', hive_partitioning=true, hive_types_autocast=0)";

    private static int Label(int pointIndex) => pointIndex % 3 == 0 ? 6 : 2;

    private static float Confidence(int pointIndex) => 0.5f + (pointIndex % 100 * 0.004f);

    private static PointColumns Points(int count, PointAttributes attributes)
    {
        var points = new PointColumns(count, PointAttributes.All) { Count = count };
        for (int i = 0; i < count; i++)
        {
            points.X[i] = 500000 + (i * 0.37);
            points.Y[i] = 6000000 - (i * 0.11);
            points.Z[i] = 100 + Math.Sin(i);
            points.Intensity![i] = (ushort)(i * 7);
            points.ReturnNumber![i] = (byte)(1 + (i % 3));
            points.NumberOfReturns![i] = 3;
            points.Classification![i] = (byte)(i % 5);
            points.ClassificationFlags![i] = (ClassificationFlags)(i % 16);
            points.ScannerChannel![i] = (byte)(i % 4);
            points.ScanDirectionFlag![i] = (byte)(i % 2);
            points.EdgeOfFlightLine![i] = (byte)(i % 2);
            points.ScanAngle![i] = (i % 60) - 30;
            points.UserData![i] = (byte)i;
            points.PointSourceId![i] = (ushort)(100 + (i % 9));
            points.GpsTime![i] = 1e8 + (i * 1e-5);
            points.Red![i] = (ushort)(i * 11);
            points.Green![i] = (ushort)(i * 13);
            points.Blue![i] = (ushort)(i * 17);
            points.Nir![i] = (ushort)(i * 19);
        }

        return points;
    }

    private static LabelledPoints Run(PointColumns points, int first, int count)
    {
        int[] labels = [.. Enumerable.Range(first, count).Select(Label)];
        float[] confidence = [.. Enumerable.Range(first, count).Select(Confidence)];
        return new(points, first, first, labels, confidence, confidence.SelectMany(share => new[] { share, 1 - share }).ToArray());
    }

    private PointDatasetWriter Writer(
        string source, PointOutputOptions options, PointAttributes attributes,
        int rowsPerGroup = PointDatasetWriter.RowsPerGroup, int groupsPerPart = PointDatasetWriter.GroupsPerPart) =>
        new(new LocalStore(_folder.Path),
            new(source, LabelNames, ["ground", "building"], options, attributes, new Dictionary<string, string> { ["bundle"] = "aerial-1" }),
            rowsPerGroup, groupsPerPart);

    private async Task<IReadOnlyList<string>> Write(
        string source, int count, PointOutputOptions options, PointAttributes attributes = PointAttributes.All, int run = 64,
        int rowsPerGroup = PointDatasetWriter.RowsPerGroup, int groupsPerPart = PointDatasetWriter.GroupsPerPart)
    {
        PointColumns points = Points(count, attributes);
        await using PointDatasetWriter writer = Writer(source, options, attributes, rowsPerGroup, groupsPerPart);
        for (int first = 0; first < count; first += run) await writer.AppendAsync(Run(points, first, Math.Min(run, count - first)));
        Assert.Equal(count, writer.PointCount);
        return [.. (await writer.CommitAsync()).Select(part => _folder[part.Name])];
    }

    private static List<object[]> Query(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using DuckDBCommand command = connection.CreateCommand();
        command.CommandText = sql;
        using DuckDBDataReader reader = command.ExecuteReader();
        var rows = new List<object[]>();
        while (reader.Read())
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }

        return rows;
    }
}
