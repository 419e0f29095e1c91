using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Tests.Storage;

/// <summary>What holds of every store.</summary>
public abstract class ObjectStoreTests
{
    private static CancellationToken None => CancellationToken.None;

    /// <summary>An empty store; skips where there is none to be had.</summary>
    protected abstract ObjectStore NewStore();

    [SkippableFact]
    public async Task Lists_by_prefix_in_ordinal_order_without_hidden_names()
    {
        ObjectStore store = NewStore();
        foreach (string name in (string[])["b/2.las", "b.las", "B.las", "b/1.las", "b/.part.tmp", ".hidden/c.las", "ba/3.las"]) await Put(store, name, name);

        Assert.Equal(["B.las", "b.las", "b/1.las", "b/2.las", "ba/3.las"], await Names(store, ""));
        Assert.Equal(["b/1.las", "b/2.las"], await Names(store, "b/"));
        Assert.Equal(["b.las", "b/1.las", "b/2.las", "ba/3.las"], await Names(store, "b"));
        Assert.Equal(["b/2.las"], await Names(store, "b/2"));
        Assert.Empty(await Names(store, "nowhere/"));
    }

    [SkippableFact]
    public async Task Gives_back_what_was_written_and_names_it_alike_wherever_it_is_looked_up()
    {
        ObjectStore store = NewStore();
        await using StagedObject staged = store.Create("a/source=x%2Fy ä+1/1.bin");
        await staged.Stream.WriteAsync("twelve bytes"u8.ToArray());
        StoredObject written = await staged.CommitAsync(CreateCondition.Any);

        Assert.Equal(written, await store.FindAsync("a/source=x%2Fy ä+1/1.bin"));
        Assert.Equal(written, Assert.Single(await All(store, "a/")));
        Assert.Equal(12, written.Length);
        Assert.InRange(written.Modified, DateTimeOffset.UtcNow.AddMinutes(-2), DateTimeOffset.UtcNow.AddMinutes(2));
        Assert.Equal("twelve bytes"u8.ToArray(), await store.ReadAsync(written));
    }

    [SkippableFact]
    public async Task Shows_nothing_before_the_commit_and_drops_what_is_not_committed()
    {
        ObjectStore store = NewStore();
        await using (StagedObject dropped = store.Create("a.bin"))
        {
            dropped.Stream.Write(new byte[100]);
            await dropped.CompleteAsync();
            Assert.Null(await store.FindAsync("a.bin"));
            Assert.Empty(await Names(store, ""));
        }

        Assert.Null(await store.FindAsync("a.bin"));
        await Put(store, "a.bin", "once more");
        Assert.Equal(["a.bin"], await Names(store, ""));
    }

    [SkippableFact]
    public async Task Writes_an_object_without_bytes()
    {
        ObjectStore store = NewStore();
        StoredObject empty = await Put(store, "empty", "");
        Assert.Equal(0, empty.Length);
        await using Stream read = store.OpenRead(empty);
        Assert.Equal(-1, read.ReadByte());
    }

    [SkippableFact]
    public async Task Lets_a_writer_go_back_where_asked()
    {
        ObjectStore store = NewStore();
        await using StagedObject staged = store.Create("patched", seekable: true);
        staged.Stream.Write("????-body"u8);
        staged.Stream.Position = 0;
        staged.Stream.Write("head"u8);
        Assert.Equal("head-body"u8.ToArray(), await store.ReadAsync(await staged.CommitAsync(CreateCondition.Any)));
    }

    [SkippableFact]
    public async Task Commits_in_place_of_an_earlier_object_or_refuses_to()
    {
        ObjectStore store = NewStore();
        StoredObject first = await Put(store, "a", "first");
        await using (StagedObject second = store.Create("a"))
        {
            second.Stream.Write("second"u8);
            await Assert.ThrowsAsync<ObjectExistsException>(() => second.CommitAsync(CreateCondition.IfAbsent));
        }

        Assert.Equal(first, await store.FindAsync("a"));
        Assert.NotEqual(first.Tag, (await Put(store, "a", "other")).Tag);
        await store.DeleteAsync("a");
        await using StagedObject third = store.Create("a");
        third.Stream.Write("third"u8);
        Assert.Equal(5, (await third.CommitAsync(CreateCondition.IfAbsent)).Length);
    }

    [SkippableFact]
    public async Task Creates_once_however_many_try()
    {
        ObjectStore store = NewStore();
        byte[][] contents = [.. Enumerable.Range(0, 12).Select(i => new byte[] { (byte)i })];
        bool[] created = await Task.WhenAll(contents.Select(content => Task.Run(() => store.TryCreateAsync("locks/run.lock", content, None))));

        int winner = Assert.Single(Enumerable.Range(0, 12), i => created[i]);
        Assert.Equal(contents[winner], await store.ReadAsync((await store.FindAsync("locks/run.lock"))!));
        Assert.Equal(["locks/run.lock"], await Names(store, ""));
    }

    [SkippableFact]
    public async Task Replaces_only_what_has_the_tag_and_always_changes_it()
    {
        ObjectStore store = NewStore();
        Assert.False(await store.TryReplaceAsync("a", new byte[1], "none"));
        StoredObject first = await Put(store, "a", "0");
        string tag = first.Tag;
        HashSet<string> tags = [tag];
        for (byte round = 1; round <= 20; round++)
        {
            // Every round races: all hold the same tag, one may replace.
            bool[] replaced = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => store.TryReplaceAsync("a", new[] { round }, tag, None))));
            Assert.Single(replaced, won => won);
            tag = (await store.FindAsync("a"))!.Tag;
            Assert.True(tags.Add(tag), $"round {round} has the tag of an earlier one");
        }

        Assert.False(await store.TryReplaceAsync("a", "9"u8.ToArray(), first.Tag));
    }

    [SkippableFact]
    public async Task Deletes_what_is_there_and_what_is_not()
    {
        ObjectStore store = NewStore();
        await Put(store, "a/b", "x");
        await store.DeleteAsync("a/b");
        await store.DeleteAsync("a/b");
        await store.DeleteAsync("never/was");
        Assert.Null(await store.FindAsync("a/b"));
    }

    [SkippableFact]
    public async Task Reads_from_anywhere()
    {
        ObjectStore store = NewStore();
        byte[] content = new byte[300_000];
        new Random(5).NextBytes(content);
        await using Stream stream = store.OpenRead(await Put(store, "a", content));

        Assert.True(stream.CanSeek);
        Assert.Equal(content.Length, stream.Length);
        Random random = new(6);
        byte[] some = new byte[5000];
        for (int i = 0; i < 50; i++)
        {
            int at = random.Next(content.Length + 1), count = Math.Min(random.Next(some.Length), content.Length - at);
            stream.Seek(at - content.Length, SeekOrigin.End);
            stream.ReadExactly(some, 0, count);
            Assert.True(content.AsSpan(at, count).SequenceEqual(some.AsSpan(0, count)));
            Assert.Equal(at + count, stream.Position);
        }

        stream.Position = content.Length;
        Assert.Equal(0, stream.Read(some));
    }

    [SkippableFact]
    public async Task Notices_an_object_that_changes_under_its_reader()
    {
        ObjectStore store = NewStore();
        StoredObject old = await Put(store, "a", "first version");
        StoredObject young = await Put(store, "a", "2nd version");

        ObjectChangedException fault = await Assert.ThrowsAsync<ObjectChangedException>(() => store.ReadAsync(old));
        Assert.Equal(old.Tag, fault.Expected);
        Assert.Contains("a", fault.Message, StringComparison.Ordinal);
        Assert.Contains(old.Tag, fault.Message, StringComparison.Ordinal);
        await store.DeleteAsync("a");
        await Assert.ThrowsAsync<ObjectChangedException>(() => store.ReadAsync(young));
    }

    [SkippableTheory]
    [InlineData("../a")]
    [InlineData("/a")]
    [InlineData("a/../../b")]
    [InlineData("a//b")]
    [InlineData("a\\b")]
    [InlineData("")]
    public async Task Never_leaves_its_root(string name)
    {
        ObjectStore store = NewStore();
        Assert.Throws<ArgumentException>(() => store.Create(name));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.FindAsync(name));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.TryCreateAsync(name, new byte[1]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await store.DeleteAsync(name));
    }

    /// <summary>Writes an object whole.</summary>
    protected static Task<StoredObject> Put(ObjectStore store, string name, string content) => Put(store, name, System.Text.Encoding.UTF8.GetBytes(content));

    /// <summary>Writes an object whole.</summary>
    protected static async Task<StoredObject> Put(ObjectStore store, string name, byte[] content)
    {
        await using StagedObject staged = store.Create(name);
        staged.Stream.Write(content);
        return await staged.CommitAsync(CreateCondition.Any);
    }

    /// <summary>The names in the order listed.</summary>
    protected static async Task<string[]> Names(ObjectStore store, string prefix) => [.. (await All(store, prefix)).Select(it => it.Name)];

    private static async Task<List<StoredObject>> All(ObjectStore store, string prefix)
    {
        List<StoredObject> all = [];
        await foreach (StoredObject it in store.ListAsync(prefix)) all.Add(it);
        return all;
    }
}
