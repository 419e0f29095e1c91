using BatchSegmenter.Commands.Model;

namespace BatchSegmenter.Tests.Commands.Model;

public sealed class ModelInfoCommandTests
{
    [Fact]
    public void A_folder_that_is_not_there_is_a_usage_error() => Assert.Equal(2, Run("/nowhere/bundle"));

    [Fact]
    public void A_folder_of_something_else_is_bad_content() => Assert.Equal(1, Run(Directory.CreateTempSubdirectory("model-info-").FullName));

    private static int Run(params string[] arguments) => ModelInfoCommand.Create().Parse(arguments).Invoke();
}
