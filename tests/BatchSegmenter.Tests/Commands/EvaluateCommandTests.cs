using BatchSegmenter.Commands;

namespace BatchSegmenter.Tests.Commands;

public sealed class EvaluateCommandTests
{
    [Fact]
    public void A_path_that_is_not_there_is_a_usage_error() => Assert.Equal(2, Run("--predicted", "/nowhere/p.las", "--truth", "/nowhere/t.las"));

    [Theory]
    [InlineData("--map", "vegetation=5")]
    [InlineData("--ignore", "noise")]
    [InlineData("--min-accuracy", "most")]
    public void An_option_that_is_no_number_does_not_run(string option, string value) =>
        Assert.NotEqual(0, Run("--predicted", "/nowhere/p.las", "--truth", "/nowhere/t.las", option, value));

    [Fact]
    public void A_class_cannot_be_read_as_two() => Assert.Equal(2, Run("--predicted", "p", "--truth", "t", "--map", "3=5", "--map", "3=4"));

    [Fact]
    public void A_file_that_is_no_parquet_is_bad_content()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("evaluate-").FullName, "labels.parquet");
        File.WriteAllText(path, "no columns here");
        Assert.Equal(1, Run("--predicted", path, "--truth", path));
    }

    private static int Run(params string[] arguments) => EvaluateCommand.Create().Parse(arguments).Invoke();
}
