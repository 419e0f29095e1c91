using System.Diagnostics;
using Azure;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests.Storage;

public sealed class BlobStoreTests : ObjectStoreTests
{
    private const int Large = (3 * BlockUploadStream.BlockLength) + 12_345;

    [SkippableFact]
    public async Task Writes_and_reads_more_than_it_holds_at_once()
    {
        ObjectStore store = NewStore();
        byte[] content = Bytes(Large);
        StoredObject written = await PutInPieces(store, "large", content, seekable: false);

        Assert.Equal(content, await ReadInPieces(store, written));
        Assert.Equal(content, await store.ReadAsync(await PutInPieces(store, "patched", content, seekable: true)));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public async Task Asks_again_where_the_answer_is_another_requests(int garbled, bool isAnswered)
    {
        int asked = 0;
        Task<int> answer = BlobStore.AskAsync("azure://c/a", () => ++asked <= garbled ? throw new RequestFailedException(200, "OK") : Task.FromResult(asked));

        if (isAnswered) Assert.Equal(garbled + 1, await answer);
        else Assert.StartsWith("azure://c/a: ", (await Assert.ThrowsAsync<StorageException>(() => answer)).Message);
    }

    [SkippableFact]
    public async Task Gives_the_same_bytes_through_a_network_that_fails()
    {
        AzuriteServer server = AzuriteServer.Require();
        string container = server.NewContainer();
        using FaultProxy proxy = new(server.Port, share: 0.15, seed: 11);
        BlobStore store = server.Store(container, "nights", proxy.Port);
        byte[] content = Bytes(Large);

        StoredObject written = await PutInPieces(store, "large", content, seekable: false);
        Assert.Equal(content, await ReadInPieces(store, written));
        for (int i = 0; i < 60; i++)
        {
            // Whoever meets the first attempt of his own, whose answer was lost, has created or replaced it all the same.
            Assert.True(await store.TryCreateAsync($"small/{i:D2}", "a"u8.ToArray()), $"object {i} was not created");
            StoredObject there = (await store.FindAsync($"small/{i:D2}"))!;
            Assert.False(await store.TryCreateAsync(there.Name, "b"u8.ToArray()));
            Assert.True(await store.TryReplaceAsync(there.Name, "c"u8.ToArray(), there.Tag), $"object {i} was not replaced");
            Assert.False(await store.TryReplaceAsync(there.Name, "d"u8.ToArray(), there.Tag), $"object {i} was replaced twice: {there} became {await store.FindAsync(there.Name)}");
        }

        Assert.Equal(60, (await Names(store, "small/")).Length);
        Assert.True(proxy.Spoiled > 20, $"{proxy.Spoiled} of {proxy.Requests} requests were spoiled");
    }

    [SkippableFact]
    public async Task Notices_a_blob_that_changes_between_two_of_its_blocks()
    {
        ObjectStore store = NewStore();
        byte[] content = Bytes(3 * BlobReadStream.BlockLength);
        StoredObject old = await Put(store, "a", content);
        await using Stream stream = store.OpenRead(old);
        Assert.Equal(content[0], stream.ReadByte());
        StoredObject young = await Put(store, "a", content);

        stream.Position = 2 * BlobReadStream.BlockLength;
        ObjectChangedException fault = Assert.Throws<ObjectChangedException>(() => stream.ReadByte());

        Assert.Equal((old.Tag, young.Tag), (fault.Expected, fault.Found));
        Assert.Contains("/a", fault.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Keeps_to_its_prefix()
    {
        AzuriteServer server = AzuriteServer.Require();
        string container = server.NewContainer();
        await Put(server.Store(container, "ab/x"), "one", "1");
        await Put(server.Store(container, "ab"), "two", "2");
        await Put(server.Store(container), "abc", "3");

        Assert.Equal(["two", "x/one"], await Names(server.Store(container, "ab"), ""));
        Assert.Equal(["ab/two", "ab/x/one", "abc"], await Names(server.Store(container), "a"));
    }

    [SkippableFact]
    public async Task Says_what_to_do_where_there_is_no_container()
    {
        BlobStore store = AzuriteServer.Require().Store("no-such-container", "a");

        foreach (Func<Task> ask in (Func<Task>[])[() => Names(store, ""), () => store.FindAsync("x"), () => store.TryCreateAsync("x", new byte[1]), () => Put(store, "x", "y")])
        {
            StoreUnavailableException fault = await Assert.ThrowsAsync<StoreUnavailableException>(ask);
            Assert.Contains("no-such-container", fault.Message, StringComparison.Ordinal);
            Assert.Contains("make it", fault.Message, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task Says_that_access_is_refused_without_the_signature()
    {
        AzuriteServer server = AzuriteServer.Require();
        StoreAddress address = StoreAddress.Parse($"{server.Service}/{server.NewContainer()}/a");
        BlobCredentials expired = new(null, "?sv=2024-11-04&se=2020-01-01T00%3A00%3A00Z&sr=c&sp=rl&sig=c2VjcmV0LXNlY3JldC1zZWNyZXQ%3D", null);
        BlobStore store = new(expired.Connect(address), address.Prefix, address.Text);

        StoreUnavailableException fault = await Assert.ThrowsAsync<StoreUnavailableException>(() => store.FindAsync("x"));

        Assert.Contains("403", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sig=", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", fault.ToString(), StringComparison.Ordinal);
    }

    protected override ObjectStore NewStore()
    {
        AzuriteServer server = AzuriteServer.Require();
        return server.Store(server.NewContainer(), "some/prefix");
    }

    private static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    private static async Task<StoredObject> PutInPieces(ObjectStore store, string name, byte[] content, bool seekable)
    {
        await using StagedObject staged = store.Create(name, seekable);
        const int Piece = 777_777;
        for (int at = 0, piece = 0; at < content.Length; at += Piece, piece++)
        {
            ReadOnlyMemory<byte> bytes = content.AsMemory(at, Math.Min(Piece, content.Length - at));
            if (piece % 2 == 0) staged.Stream.Write(bytes.Span);
            else await staged.Stream.WriteAsync(bytes);
        }

        return await staged.CommitAsync(CreateCondition.IfAbsent);
    }

    private static async Task<byte[]> ReadInPieces(ObjectStore store, StoredObject it)
    {
        await using Stream stream = store.OpenRead(it);
        MemoryStream all = new();
        await stream.CopyToAsync(all, 333_333);
        return all.ToArray();
    }
}
