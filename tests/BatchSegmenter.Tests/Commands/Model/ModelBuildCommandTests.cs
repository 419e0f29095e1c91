using BatchSegmenter.Commands.Model;

namespace BatchSegmenter.Tests.Commands.Model;

public sealed class ModelBuildCommandTests
{
    [Fact]
    public void A_checkpoint_that_is_not_there_is_a_usage_error() => Assert.Equal(2, Run("/nowhere/model.safetensors", "--out", "/nowhere/bundle"));

    [Fact]
    public void A_checkpoint_without_golden_blocks_is_a_usage_error()
    {
        string folder = Directory.CreateTempSubdirectory("model-build-").FullName;
        File.WriteAllText(Path.Combine(folder, "model.safetensors"), "anything");
        Assert.Equal(2, Run(Path.Combine(folder, "model.safetensors"), "--out", Path.Combine(folder, "bundle")));
    }

    [Fact]
    public void A_file_that_is_no_checkpoint_is_bad_content()
    {
        string folder = Directory.CreateTempSubdirectory("model-build-").FullName;
        File.WriteAllText(Path.Combine(folder, "model.safetensors"), "no tensors here");
        File.WriteAllText(Path.Combine(folder, "model.golden.safetensors"), "nor here");
        Assert.Equal(1, Run(Path.Combine(folder, "model.safetensors"), "--out", Path.Combine(folder, "bundle")));
        Assert.False(Directory.Exists(Path.Combine(folder, "bundle")));
    }

    private static int Run(params string[] arguments) => ModelBuildCommand.Create().Parse(arguments).Invoke();
}
