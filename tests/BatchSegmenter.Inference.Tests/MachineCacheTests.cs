namespace BatchSegmenter.Inference.Tests;

public sealed class MachineCacheTests
{
    [Fact]
    public void LiesWhereTheEnvironmentSaysOrAmongTheUsersOwnData()
    {
        string? before = Environment.GetEnvironmentVariable(MachineCache.Variable);
        try
        {
            Environment.SetEnvironmentVariable(MachineCache.Variable, "/var/cache/batchsegmenter");
            Assert.Equal(Path.Combine("/var/cache/batchsegmenter", "setups"), MachineCache.Of("setups"));

            Environment.SetEnvironmentVariable(MachineCache.Variable, null);
            Assert.Equal("batchsegmenter", Path.GetFileName(MachineCache.Folder));
            Assert.True(Path.IsPathRooted(MachineCache.Folder), MachineCache.Folder);
        }
        finally
        {
            Environment.SetEnvironmentVariable(MachineCache.Variable, before);
        }
    }
}
