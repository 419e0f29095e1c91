using BatchSegmenter.Commands;

namespace BatchSegmenter.Tests.Commands;

public sealed class SynthesizeCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("synthesize-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void A_survey_is_written()
    {
        Assert.Equal(0, Run("a.las", "--points", "2000", "--seed", "3"));
        Assert.True(File.Exists(Path.Combine(_folder, "a.las")));
        Assert.Equal(0, Run("a.laz", "--points", "2000", "--seed", "3"));
        Assert.InRange(new FileInfo(Path.Combine(_folder, "a.laz")).Length, 1000, new FileInfo(Path.Combine(_folder, "a.las")).Length / 2);
    }

    [Theory]
    [InlineData("a.txt", "100")]
    [InlineData("a.las", "0")]
    public void What_cannot_be_written_is_a_usage_error_and_leaves_nothing(string name, string points)
    {
        Assert.Equal(2, Run(name, "--points", points));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void A_folder_in_the_way_is_no_success()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "a.las"));
        Assert.Equal(3, Run("a.las", "--points", "100"));
    }

    private int Run(string name, params string[] arguments) => SynthesizeCommand.Create().Parse([Path.Combine(_folder, name), .. arguments]).Invoke();
}
