using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class RunShardTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(50)]
    public void Every_input_is_in_exactly_one_share_whatever_their_order(int count)
    {
        SegmentationInput[] inputs = [.. Enumerable.Range(0, 40).Select(i => Input($"{i:00}", 1 + i * 7919 % 1000))];
        SegmentationInput[] shuffled = [.. inputs.OrderBy(input => input.Bytes * 31 % 101).ThenByDescending(input => input.RelativePath, StringComparer.Ordinal)];
        Assert.NotEqual(inputs, shuffled);

        var all = new List<string>();
        for (int number = 1; number <= count; number++)
        {
            string[] share = [.. new RunShard(number, count).Of(inputs).Select(input => input.RelativePath)];
            Assert.Equal(share, new RunShard(number, count).Of(shuffled).Select(input => input.RelativePath).Order(StringComparer.Ordinal));
            all.AddRange(share);
        }

        Assert.Equal(inputs.Select(input => input.RelativePath), all.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Shares_are_balanced_by_bytes_and_not_by_files()
    {
        SegmentationInput[] inputs = [Input("a", 900), Input("b", 300), Input("c", 300), Input("d", 300)];

        Assert.Equal(["a"], new RunShard(1, 2).Of(inputs).Select(input => input.RelativePath));
        Assert.Equal(["b", "c", "d"], new RunShard(2, 2).Of(inputs).Select(input => input.RelativePath));
    }

    [Fact]
    public void Files_of_unknown_size_are_spread() =>
        Assert.Equal([2, 2], new[] { 1, 2 }.Select(number => new RunShard(number, 2).Of([Input("a", 0), Input("b", 0), Input("c", 0), Input("d", 0)]).Count));

    [Fact]
    public void A_share_reads_and_names_itself()
    {
        Assert.Equal(new(2, 4), RunShard.Parse("2/4"));
        Assert.Equal("2-of-4", RunShard.Parse("2/4").ToString());
    }

    [Theory]
    [InlineData("0/2")]
    [InlineData("3/2")]
    [InlineData("1")]
    [InlineData("1/0")]
    [InlineData("-1/2")]
    [InlineData("1/2/3")]
    [InlineData("a/b")]
    [InlineData("1/99999999")]
    public void What_is_no_share_is_refused(string text) => Assert.Contains(text, Assert.Throws<ConfigurationException>(() => RunShard.Parse(text)).Message);

    private static SegmentationInput Input(string name, long bytes) => new($"/in/{name}.las", name) { Bytes = bytes };
}
