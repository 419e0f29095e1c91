using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.OutOfCore;

public sealed class MemoryBudgetTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public MemoryBudgetTests() => Write("proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Without_a_limit_the_machines_memory_counts() => Assert.Equal(8L << 30, MemoryBudget.Available(_root.Path));

    [Fact]
    public void The_least_limit_of_the_control_groups_around_the_process_counts()
    {
        Write("proc/self/cgroup", "0::/work/night\n");
        Write("sys/fs/cgroup/work/night/memory.max", "max\n");
        Write("sys/fs/cgroup/work/memory.max", "3000000000\n");

        Assert.Equal(3_000_000_000, MemoryBudget.Available(_root.Path));
    }

    [Fact]
    public void Limits_of_version_one_count_as_well()
    {
        Write("proc/self/cgroup", "7:cpu,cpuacct:/c\n4:memory:/box\n");
        Write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1073741824\n");
        Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");

        Assert.Equal(1L << 30, MemoryBudget.Available(_root.Path));
    }

    [Fact]
    public void The_default_is_half_of_it()
    {
        SegmentationOptions options = new() { Inputs = [], Model = "", Output = "" };

        Assert.Equal(MemoryBudget.Available() / 2, MemoryBudget.Of(options, SampleBundle.Description).Bytes);
        Assert.Equal(5, MemoryBudget.Of(options with { Limits = new LimitOptions { Memory = 5 } }, SampleBundle.Description).Bytes);
    }

    [Theory]
    [InlineData(1L << 20)]
    [InlineData(1L << 30)]
    [InlineData(2L << 30)]
    [InlineData(64L << 30)]
    public void Shares_are_within_the_budget_and_decide_what_is_held(long bytes)
    {
        MemoryBudget budget = new(bytes);
        long most = budget.Clouds / budget.OfInput(1);

        Assert.InRange(budget.Clouds + budget.Tiles, bytes / 4, bytes / 8 * 5);
        Assert.True(bytes < 4 * budget.FixedShare || budget.Clouds + budget.Tiles + budget.FixedShare <= bytes);
        Assert.True(budget.Holds(Math.Min(most, int.MaxValue / 8)));
        Assert.False(budget.Holds(most + 1));
        Assert.InRange(budget.OfInput(most + 1), 1, budget.Clouds);
    }

    [Fact]
    public void Classes_and_shares_that_are_kept_count()
    {
        MemoryBudget few = new(2L << 30), many = few with { Classes = 13, KeepsProbabilities = true };

        Assert.Equal(1000 * 10 * 4, many.OfTile(1000) - few.OfTile(1000));
        Assert.Equal(1000 * 13 * 4, many.OfInput(1000) - few.OfInput(1000));
        Assert.InRange(few.OfTile(1000, 500), 1, few.OfTile(1000) - 50_000); // known once it is thinned
    }

    [Fact]
    public void A_survey_takes_what_its_area_does_and_never_more_than_the_largest_grid()
    {
        Assert.InRange(MemoryBudget.OfSurvey(Header(1_000_000, 500, 400)), 200_000 * 24, 202_000 * 32);
        Assert.InRange(MemoryBudget.OfSurvey(Header(100_000_000, 1e6, 1e6)), 400_000_000, 500_000_000);
        Assert.InRange(MemoryBudget.OfSurvey(Header(600, double.NaN, double.NaN)), 1, 1 << 20);

        static PointCloudHeader Header(long points, double width, double depth) =>
            new("las", points, PointAttributes.None, (0, 0, 0), (width, depth, 0), CoordinateReferenceSystem.Unknown);
    }

    [Fact]
    public void A_budget_that_cannot_be_kept_is_told_with_numbers()
    {
        Assert.Null(new MemoryBudget(2L << 30).Excess(5_000_000));
        Assert.Null(new MemoryBudget(1L << 30).Excess(2_500_000));
        string large = new MemoryBudget(1L << 30).Excess(25_000_000)!, small = new MemoryBudget(100L << 20).Excess(1)!;

        Assert.Matches(@"limits\.memory of 1024 MiB may not be kept.* 25000000 points, which take up to 4\d{3} MiB.*raise it to 4\d{3} MiB", large);
        Assert.Contains("limits.memory of 100 MiB may not be kept", small);
    }

    private void Write(string path, string text) => _root.Write(path, text);
}
