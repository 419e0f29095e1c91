using BatchSegmenter.Commands;

namespace BatchSegmenter.Tests.Commands;

public sealed class InspectCommandTests
{
    [Fact]
    public void A_path_that_is_not_there_is_a_usage_error() => Assert.Equal(2, Run("/nowhere/cloud.las"));

    [Fact]
    public void A_folder_is_a_usage_error()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("batchsegmenter-test-");
        Assert.Equal(2, Run(folder.FullName));
        folder.Delete();
    }

    [SkippableTheory]
    [InlineData("broken/pyfor-test.las", 1)]
    [InlineData("broken/geovision_hack-out.las", 1)]
    [InlineData("formats/las/pdal-simple.las", 0)]
    public void Bad_content_is_told_from_good(string path, int expected) =>
        Assert.Equal(expected, Run(SharedFiles.Require(path), "--stats", "--checksum", "--json"));

    private static int Run(params string[] arguments) => InspectCommand.Create().Parse(arguments).Invoke();
}
