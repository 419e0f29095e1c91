using BatchSegmenter.Inference.Benchmarking;

namespace BatchSegmenter.Inference.Tests.Benchmarking;

public sealed class InferenceGridTests
{
    [Fact]
    public void By_default_no_setup_wants_more_cores_than_there_are()
    {
        string[] setups = [.. new InferenceGrid { Batches = [1] }.Setups(cores: 2).Select(setup => setup.ToString())];
        Assert.Equal(["cpu 1×1, 1 block", "cpu 2×1, 1 block", "cpu 1×2, 1 block"], setups);
    }

    [Fact]
    public void What_is_asked_for_is_measured_whatever_the_cores()
    {
        InferenceGrid grid = new() { Threads = [1, 4], Sessions = [3], Batches = [2, 8], Providers = ["cuda", "cpu"] };
        IReadOnlyList<InferenceSetup> setups = grid.Setups(cores: 2);
        Assert.Equal(8, setups.Count);
        Assert.Equal(new InferenceSetup("cuda", 1, 3, 2), setups[0]);
        Assert.Equal(new InferenceSetup("cpu", 4, 3, 8), setups[^1]);
        Assert.All(new InferenceGrid { Threads = [2] }.Setups(cores: 8), setup => Assert.Equal(1, setup.Sessions));
    }

    [Fact]
    public void Lists_keep_each_entry_once()
    {
        Assert.Equal([4, 1], InferenceGrid.Numbers("--threads", "4, 1,4"));
        Assert.Equal(["cpu"], InferenceGrid.Names("--providers", "cpu,cpu", ExecutionProvider.Names.ToArray()));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1,-2")]
    [InlineData("two")]
    [InlineData("1,,2")]
    [InlineData("1.5")]
    [InlineData("1025")]
    [InlineData("99999999999")]
    [InlineData("")]
    public void What_is_no_list_of_numbers_is_told_with_what_was_expected(string text)
    {
        FormatException fault = Assert.Throws<FormatException>(() => InferenceGrid.Numbers("--threads", text));
        Assert.StartsWith("--threads: found ", fault.Message);
        Assert.Contains("from 1 to 1024", fault.Message);
    }

    [Fact]
    public void An_unknown_word_is_told_with_those_known() =>
        Assert.Equal(
            "--providers: found 'warp' in 'cpu,warp'; expected tensorrt, cuda, cpu, with commas between them",
            Assert.Throws<FormatException>(() => InferenceGrid.Names("--providers", "cpu,warp", ExecutionProvider.Names.ToArray())).Message);
}
