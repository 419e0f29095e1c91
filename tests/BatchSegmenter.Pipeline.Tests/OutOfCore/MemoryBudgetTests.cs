using BatchSegmenter.Pipeline.OutOfCore;

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
        Assert.Equal(MemoryBudget.Available() / 2, MemoryBudget.Of(null).Bytes);
        Assert.Equal(5, MemoryBudget.Of(5).Bytes);
    }

    [Theory]
    [InlineData(1L << 20)]
    [InlineData(1L << 30)]
    [InlineData(2L << 30)]
    [InlineData(64L << 30)]
    public void Shares_are_within_the_budget_and_decide_what_is_held(long bytes)
    {
        MemoryBudget budget = new(bytes);
        long most = budget.Clouds / MemoryBudget.PerHeldPoint;

        Assert.InRange(budget.Clouds + budget.Tiles, bytes / 4, bytes);
        Assert.True(budget.Holds(Math.Min(most, int.MaxValue / 8)));
        Assert.False(budget.Holds(most + 1));
        Assert.InRange(budget.OfInput(most + 1), 1, budget.Clouds);
    }

    private void Write(string path, string text) => _root.Write(path, text);
}
