using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Tests.Samples;

/// <summary>A loaded <see cref="SampleBundle"/>, for all tests of a class.</summary>
public sealed class SampleModel : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SampleModel() => Model = SegmentationModel.Load(SampleBundle.Write(Folder));

    public string Folder => _folder["bundle"];

    public SegmentationModel Model { get; }

    public void Dispose()
    {
        Model.Dispose();
        _folder.Dispose();
    }
}
