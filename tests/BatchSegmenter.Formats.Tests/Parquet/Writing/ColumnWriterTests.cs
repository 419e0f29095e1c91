using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Formats.Parquet.Writing;

namespace BatchSegmenter.Formats.Tests.Parquet.Writing;

public sealed class ColumnWriterTests : IDisposable
{
    private static readonly ParquetColumn[] Columns =
        [new("b", ParquetColumnType.UInt8), new("n", ParquetColumnType.Text), new("other", ParquetColumnType.UInt8), new("others", ParquetColumnType.Text)];

    private readonly PageStream _pages = new();
    private readonly ColumnWriter _writer;

    public ColumnWriterTests() => _writer = new(Columns, _pages, new TableFooter(Columns, new Dictionary<string, string>()));

    public void Dispose()
    {
        _writer.Dispose();
        _pages.Dispose();
    }

    [Fact]
    public void Names_have_the_indices_of_the_bytes_written_last()
    {
        byte[] first = new byte[1000], second = new byte[1000];
        new Random(1).NextBytes(first);
        new Random(2).NextBytes(second);
        string[] names = [.. Enumerable.Range(0, 256).Select(i => $"{i}")];
        _writer.BeginGroup(1000);

        int[] tails = [Tail(() => _writer.WriteIndices(0, first)), Tail(() => _writer.WriteNames(1, names)), Tail(() => _writer.WriteIndices(2, second)), Tail(() => _writer.WriteNames(3, names))];

        Assert.Equal(tails[0], tails[1]);
        Assert.Equal(tails[2], tails[3]);
        Assert.NotEqual(tails[0], tails[2]);
    }

    [Fact]
    public void Bytes_of_the_row_group_before_are_not_named()
    {
        _writer.BeginGroup(2);
        Assert.Null(_writer.Indexed);
        _writer.WriteIndices(2, [1, 2]);
        Assert.Equal("other", _writer.Indexed!.Name);
        _writer.BeginGroup(2);
        Assert.Null(_writer.Indexed);
    }

    /// <summary>A hash of the last bytes that a column writes: within its page of indices, which is longer.</summary>
    private int Tail(Action write)
    {
        write();
        HashCode hash = new();
        hash.AddBytes(_pages.Pending.Span[^900..]);
        return hash.ToHashCode();
    }
}
