using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

public sealed class ModelBundleWriterTests : IDisposable
{
    private static readonly OnnxGraph Graph = PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void EqualContentGivesEqualBytesAndId()
    {
        ModelBundle first = ModelBundleWriter.Write(_folder["a"], SampleModels.Description(), Graph);
        ModelBundle second = ModelBundleWriter.Write(_folder["b"], SampleModels.Description(), Graph);
        Assert.Equal(first.Id, second.Id);
        ModelBundle third = ModelBundleWriter.Write(_folder["c"], SampleModels.Description() with { Version = "1.1" }, Graph);
        Assert.NotEqual(first.Id, third.Id);
    }

    [Fact]
    public void ReplacesABundleAndLeavesNothingElse()
    {
        ModelBundleWriter.Write(_folder["a"], SampleModels.Description(), Graph, new Dictionary<string, byte[]> { ["old.txt"] = [1] });
        ModelBundle again = ModelBundleWriter.Write(_folder["a"] + Path.DirectorySeparatorChar, SampleModels.Description(), Graph);
        Assert.Equal(["model.json", "model.onnx"], again.Files.Keys.Order());
        Assert.Equal([_folder["a"]], Directory.GetFileSystemEntries(_folder.Path));
        Assert.False(File.Exists(Path.Combine(_folder["a"], "old.txt")));
    }

    [Fact]
    public void DoesNotTouchAFolderOfSomethingElse()
    {
        Directory.CreateDirectory(_folder["a"]);
        File.WriteAllText(Path.Combine(_folder["a"], "thesis.txt"), "x");
        Assert.Contains("no model bundle", Assert.Throws<IOException>(() => ModelBundleWriter.Write(_folder["a"], SampleModels.Description(), Graph)).Message);
        Assert.True(File.Exists(Path.Combine(_folder["a"], "thesis.txt")));
    }

    [Fact]
    public void LeavesNothingWhereTheProofFails()
    {
        Assert.Throws<InvalidModelBundleException>(() => ModelBundleWriter.Write(_folder["a"], SampleModels.Description(SampleModels.FourLevels), Graph));
        Assert.Throws<InvalidModelBundleException>(() => ModelBundleWriter.Write(_folder["a"], SampleModels.Description(SampleModels.TwoLevels with { Features = 5 }), Graph));
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }
}
