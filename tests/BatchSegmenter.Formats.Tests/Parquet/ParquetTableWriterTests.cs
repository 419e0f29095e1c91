using BatchSegmenter.Formats.Parquet;
using Parquet;
using Parquet.Schema;
using Arrow = ParquetSharp;

namespace BatchSegmenter.Formats.Tests.Parquet;

/// <summary>Tables are read back by two others: Parquet.Net, and Apache Arrow through ParquetSharp.</summary>
public sealed class ParquetTableWriterTests : IDisposable
{
    private static readonly string[] Names = [.. Enumerable.Range(0, 256).Select(i => i == 7 ? new string('ü', 3000) : $"class {i}")];

    private static readonly ParquetColumn[] Required =
    [
        new("d", ParquetColumnType.Double), new("f", ParquetColumnType.Float), new("i", ParquetColumnType.Int32), new("l", ParquetColumnType.Int64),
        new("s", ParquetColumnType.UInt16), new("b", ParquetColumnType.UInt8), new("t", ParquetColumnType.Boolean), new("c", ParquetColumnType.Int32),
        new("n", ParquetColumnType.Text),
    ];

    private static readonly ParquetColumn[] Nullable = [.. Required.Select(column => column with { IsNullable = true })];

    // Arrow reads files of its own: one that calls back for a stream may do so after the stream is collected.
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    public static TheoryData<int, int, int> Tables()
    {
        TheoryData<int, int, int> tables = [];
        foreach (int rows in (int[])[0, 1, 7, 8, 128, 129, 1000, 40_000])
            foreach (int labels in (int[])[1, 3, 200, 256]) tables.Add(rows, 1000, labels);
        tables.Add(2999, 1000, 5);
        tables.Add(3001, 1000, 5);
        return tables;
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task Every_value_comes_back(int rows, int rowsPerGroup, int labels)
    {
        foreach (ParquetColumn[] columns in (ParquetColumn[][])[Required, Nullable])
        {
            Sample sample = new(rows, labels);
            byte[] file = sample.Write(columns, rowsPerGroup);

            Assert.Equal(sample.Rows(), await ReadByLibraryAsync(file));
            Assert.Equal(sample.Rows(), ReadByArrow(file));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1000)]
    public async Task Columns_of_nulls_have_as_many_and_no_bounds(int rows)
    {
        using ParquetTableWriter table = new(Nullable);
        MemoryStream file = new();
        table.BeginFile();
        table.BeginGroup(rows);
        foreach (ParquetColumn _ in Nullable) table.WriteNulls();
        table.EndFile();
        table.Flush(file);

        foreach (object?[] row in (await ReadByLibraryAsync(file.ToArray())).Concat(ReadByArrow(file.ToArray()))) Assert.All(row, Assert.Null);
        using Arrow.ParquetFileReader reader = OpenByArrow(file.ToArray());
        for (int column = 0; column < Nullable.Length; column++)
        {
            using Arrow.Statistics statistics = reader.RowGroup(0).MetaData.GetColumnChunkMetaData(column).Statistics!;
            Assert.Equal((rows, false), (statistics.NullCount, statistics.HasMinMax));
        }
    }

    [Fact]
    public void Arrow_believes_the_bounds()
    {
        double[] values = [5, double.NegativeInfinity, 7.5, double.PositiveInfinity, -0.0];
        Assert.Equal((double.NegativeInfinity, double.PositiveInfinity), Bounds(values));
        values[2] = double.NaN;
        Assert.Null(Bounds(values));
        (double Min, double Max) zeros = Bounds<double>([0.0, 0.0])!.Value;
        Assert.Equal((true, false), (double.IsNegative(zeros.Min), double.IsNegative(zeros.Max)));
        Assert.Equal((int.MinValue, int.MaxValue), Bounds<int>([0, int.MaxValue, int.MinValue]));
        Assert.Equal((long.MinValue, -3L), Bounds<long>([-3, long.MinValue]));
        Assert.Equal((-2f, 8f), Bounds<float>([8, -2]));
    }

    [Fact]
    public void Names_and_narrow_numbers_have_bounds_by_their_own_order()
    {
        using ParquetTableWriter table = new([new("b", ParquetColumnType.UInt8), new("n", ParquetColumnType.Text), new("s", ParquetColumnType.UInt16)]);
        MemoryStream file = new();
        table.BeginFile();
        table.BeginGroup(3);
        table.Write<byte>([200, 3, 9]);
        string[] names = new string[256];
        (names[3], names[9], names[200]) = ("water", "ärea", "building");
        table.WriteNames(names);
        table.Write<ushort>([9, 65535, 8]);
        table.EndFile();
        table.Flush(file);

        using Arrow.ParquetFileReader reader = OpenByArrow(file.ToArray());
        Assert.Equal("3 200", Text(0));
        Assert.Equal("building ärea", Text(1)); // by bytes of UTF-8
        Assert.Equal("8 65535", Text(2));

        string Text(int column)
        {
            using Arrow.Statistics statistics = reader.RowGroup(0).MetaData.GetColumnChunkMetaData(column).Statistics!;
            return statistics switch
            {
                Arrow.Statistics<int> numbers => $"{numbers.Min} {numbers.Max}",
                Arrow.Statistics<Arrow.ByteArray> texts => $"{Decode(texts.Min)} {Decode(texts.Max)}",
                _ => statistics.GetType().Name,
            };
        }

        static string Decode(Arrow.ByteArray bytes)
        {
            byte[] copy = new byte[bytes.Length];
            System.Runtime.InteropServices.Marshal.Copy(bytes.Pointer, copy, 0, copy.Length);
            return System.Text.Encoding.UTF8.GetString(copy);
        }
    }

    [Fact]
    public void A_later_file_of_the_same_writer_has_the_bytes_of_a_new_ones()
    {
        Sample first = new(50_000, 9), second = new(70_000, 4);
        using ParquetTableWriter table = new(Required);
        first.Write(table, 20_000);

        Assert.Equal(second.Write(Required, 30_000), second.Write(table, 30_000));
    }

    [Fact]
    public async Task Flushed_at_once_or_column_by_column_the_bytes_are_the_same()
    {
        Sample sample = new(3000, 9);
        using ParquetTableWriter table = new(Required);
        MemoryStream file = new();
        table.BeginFile();
        for (int first = 0; first < 3000; first += 1000) sample.WriteGroup(table, first, 1000, () => { });
        table.EndFile();
        await table.FlushAsync(file);

        Assert.Equal(sample.Write(Required, 1000), file.ToArray());
    }

    [Fact]
    public async Task Metadata_stand_in_the_footer_of_every_file()
    {
        using ParquetTableWriter table = new([new("d", ParquetColumnType.Double)], new Dictionary<string, string> { ["bundle"] = "aerial" });
        for (int i = 0; i < 2; i++)
        {
            MemoryStream file = new();
            table.BeginFile();
            table.EndFile();
            table.Flush(file);
            await using ParquetReader reader = await ParquetReader.CreateAsync(file);
            Assert.Equal("aerial", reader.CustomMetadata["bundle"]);
        }
    }

    [Fact]
    public void What_does_not_fit_the_schema_is_refused()
    {
        using ParquetTableWriter table = new([new("d", ParquetColumnType.Double), new("b", ParquetColumnType.UInt8, IsNullable: true), new("n", ParquetColumnType.Text)]);
        table.BeginFile();
        Assert.Throws<InvalidOperationException>(() => table.Write<double>([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => table.BeginGroup(0));
        table.BeginGroup(2);
        Assert.Contains("3 values of d for 2 rows", Assert.Throws<ArgumentException>(() => table.Write<double>(new double[3])).Message, StringComparison.Ordinal);
        Assert.Contains("Single for d, a column of Double", Assert.Throws<ArgumentException>(() => table.Write<float>(new float[2])).Message, StringComparison.Ordinal);
        Assert.Contains("d, which is not nullable", Assert.Throws<ArgumentException>(table.WriteNulls).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => table.WriteNames(Names));
        table.Write<double>(new double[2]);
        Assert.Contains("1 of 3 columns", Assert.Throws<InvalidOperationException>(table.EndFile).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => table.BeginGroup(2));
        table.WriteNulls();
        Assert.Contains("No bytes that n could name", Assert.Throws<InvalidOperationException>(() => table.WriteNames(Names)).Message, StringComparison.Ordinal);
        table.BeginFile();
        table.BeginGroup(2);
        table.Write<double>(new double[2]);
        table.Write<byte>(new byte[2]);
        Assert.Contains("one is nullable", Assert.Throws<ArgumentException>(() => table.WriteNames(Names)).Message, StringComparison.Ordinal);
    }

    private (T Min, T Max)? Bounds<T>(T[] values)
        where T : unmanaged
    {
        ParquetColumnType type = typeof(T) == typeof(double) ? ParquetColumnType.Double : typeof(T) == typeof(float) ? ParquetColumnType.Float
            : typeof(T) == typeof(int) ? ParquetColumnType.Int32 : ParquetColumnType.Int64;
        using ParquetTableWriter table = new([new("v", type)]);
        MemoryStream file = new();
        table.BeginFile();
        table.BeginGroup(values.Length);
        table.Write<T>(values);
        table.EndFile();
        table.Flush(file);
        using Arrow.ParquetFileReader reader = OpenByArrow(file.ToArray());
        using var statistics = (Arrow.Statistics<T>)reader.RowGroup(0).MetaData.GetColumnChunkMetaData(0).Statistics!;
        return statistics.HasMinMax ? (statistics.Min, statistics.Max) : null;
    }

    private static async Task<List<object?[]>> ReadByLibraryAsync(byte[] file)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(new MemoryStream(file));
        List<object?[]> rows = [];
        foreach (ParquetRowGroupReader group in reader.RowGroups)
        {
            int count = (int)group.RowCount;
            List<object?[]> columns = [];
            foreach (DataField field in reader.Schema.DataFields)
            {
                columns.Add(field.Name switch
                {
                    "d" => await Of<double>(group, field, count),
                    "f" => await Of<float>(group, field, count),
                    "i" or "c" => await Of<int>(group, field, count),
                    "l" => await Of<long>(group, field, count),
                    "s" => await Of<ushort>(group, field, count),
                    "b" => await Of<byte>(group, field, count),
                    "t" => await Of<bool>(group, field, count),
                    _ => await Texts(group, field, count),
                });
            }

            for (int row = 0; row < count; row++) rows.Add([.. columns.Select(column => column[row])]);
        }

        return rows;

        static async Task<object?[]> Of<T>(ParquetRowGroupReader group, DataField field, int count)
            where T : struct
        {
            if (field.IsNullable)
            {
                T?[] some = new T?[count];
                await group.ReadAsync<T>(field, some.AsMemory());
                return [.. some.Cast<object?>()];
            }

            T[] values = new T[count];
            await group.ReadAsync<T>(field, values.AsMemory());
            return [.. values.Cast<object?>()];
        }

        static async Task<object?[]> Texts(ParquetRowGroupReader group, DataField field, int count)
        {
            string?[] values = new string?[count];
            await group.ReadAsync(field, values.AsMemory());
            return values;
        }
    }

    private List<object?[]> ReadByArrow(byte[] file)
    {
        using Arrow.ParquetFileReader reader = OpenByArrow(file);
        List<object?[]> rows = [];
        for (int group = 0; group < reader.FileMetaData.NumRowGroups; group++)
        {
            using Arrow.RowGroupReader part = reader.RowGroup(group);
            int count = (int)part.MetaData.NumRows;
            Array[] columns = [.. Enumerable.Range(0, part.MetaData.NumColumns).Select(i => All(part, i, count))];
            for (int row = 0; row < count; row++) rows.Add([.. columns.Select(column => column.GetValue(row))]);
        }

        return rows;

        static Array All(Arrow.RowGroupReader part, int column, int count)
        {
            using Arrow.ColumnReader pages = part.Column(column);
            using Arrow.LogicalColumnReader values = pages.LogicalReader();
            return values.Apply(new AllOf(count));
        }
    }

    private Arrow.ParquetFileReader OpenByArrow(byte[] file)
    {
        File.WriteAllBytes(_file, file);
        return new(_file);
    }

    private sealed class AllOf(int count) : Arrow.ILogicalColumnReaderVisitor<Array>
    {
        public Array OnLogicalColumnReader<TElement>(Arrow.LogicalColumnReader<TElement> reader) => reader.ReadAll(count);
    }

    /// <summary>Rows of any values, the extremes among them; labels in runs and alone.</summary>
    private sealed class Sample
    {
        private readonly double[] _doubles;
        private readonly float[] _floats;
        private readonly int[] _ints;
        private readonly long[] _longs;
        private readonly ushort[] _shorts;
        private readonly byte[] _bytes;
        private readonly bool[] _truths;
        private readonly byte[] _labels;

        public Sample(int rows, int labels)
        {
            Random random = new(rows + labels);
            _doubles = Of(i => i % 10 == 9 ? Special(random) : 500_000 + (i / 1000.0));
            _floats = Of(i => i % 10 == 8 ? (float)Special(random) : random.NextSingle());
            _ints = Of(_ => random.Next(4) == 0 ? int.MinValue : random.Next(int.MinValue, int.MaxValue));
            _longs = Of(i => i % 500 == 3 ? long.MaxValue : i % 500 == 4 ? long.MinValue : i);
            _shorts = Of(_ => (ushort)random.Next(65536));
            _bytes = Of(_ => (byte)random.Next(labels));
            _truths = Of(_ => random.Next(3) == 0);
            _labels = Of(i => (byte)(i / 100 % 2 == 0 ? i * 31 % labels : 255 - (i / 300 % labels)));

            T[] Of<T>(Func<int, T> value) => [.. Enumerable.Range(0, rows).Select(value)];
        }

        public List<object?[]> Rows() => [.. Enumerable.Range(0, _doubles.Length).Select(i => (object?[])
            [_doubles[i], _floats[i], _ints[i], _longs[i], _shorts[i], _bytes[i], _truths[i], (int)_labels[i], Names[_labels[i]]])];

        public byte[] Write(ParquetColumn[] columns, int rowsPerGroup)
        {
            using ParquetTableWriter table = new(columns);
            return Write(table, rowsPerGroup);
        }

        public byte[] Write(ParquetTableWriter table, int rowsPerGroup)
        {
            MemoryStream file = new();
            table.BeginFile();
            for (int first = 0; first < _doubles.Length; first += rowsPerGroup)
                WriteGroup(table, first, Math.Min(rowsPerGroup, _doubles.Length - first), () => table.Flush(file));
            table.EndFile();
            table.Flush(file);
            return file.ToArray();
        }

        public void WriteGroup(ParquetTableWriter table, int first, int count, Action written)
        {
            table.BeginGroup(count);
            Add(_doubles);
            Add(_floats);
            Add(_ints);
            Add(_longs);
            Add(_shorts);
            Add(_bytes);
            Add(_truths);
            Add(_labels);
            table.WriteNames(Names);
            written();

            void Add<T>(T[] values)
                where T : unmanaged
            {
                table.Write<T>(values.AsSpan(first, count));
                written();
            }
        }

        private static double Special(Random random) => random.Next(5) switch
        {
            0 => double.NaN, 1 => double.PositiveInfinity, 2 => double.NegativeInfinity, 3 => -0.0, _ => double.Epsilon,
        };
    }
}
