using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Pipeline.Tests.Storage;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class RemoteInputsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task A_blob_that_changes_after_it_was_listed_is_not_read()
    {
        AzuriteServer server = AzuriteServer.Require();
        BlobStore store = server.Store(server.NewContainer());
        StoredObject listed = await PutAsync(store, 100);
        SegmentationInput input = new(store.AddressOf("a.las"), "a") { Bytes = listed.Length, Tag = listed.Tag, Remote = new RemoteObject(store, listed, "") };
        using (PointCloudReader reader = input.Open(PointReadOptions.Default)) Assert.Equal(100, reader.Header.PointCount);

        await PutAsync(store, 200);

        Assert.Throws<ObjectChangedException>(() => input.Open(PointReadOptions.Default).Dispose());
    }

    private async Task<StoredObject> PutAsync(BlobStore store, int points)
    {
        SampleSurvey.Write(_folder["a.las"], SampleSurvey.Points(points));
        await using StagedObject staged = store.Create("a.las");
        await staged.Stream.WriteAsync(File.ReadAllBytes(_folder["a.las"]));
        return await staged.CommitAsync(CreateCondition.Any);
    }
}
