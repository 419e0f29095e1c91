using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Tests.Storage;

public sealed class LocalStoreTests : ObjectStoreTests, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Tags_a_file_by_length_and_time()
    {
        string path = _folder.Write("a.las", "12345");
        DateTime time = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, time);

        StoredObject? found = await new LocalStore(_folder.Path).FindAsync("a.las");

        Assert.Equal(new StoredObject("a.las", 5, $"5-{time.Ticks}", time), found);
    }

    [Fact]
    public async Task Notices_a_file_that_is_written_to_while_it_is_open()
    {
        string path = _folder.Write("a.las", new string('x', 100_000));
        LocalStore store = new(_folder.Path);
        await using Stream stream = store.OpenRead((await store.FindAsync("a.las"))!);
        Assert.Equal('x', stream.ReadByte());

        File.AppendAllText(path, "y");

        Assert.Throws<ObjectChangedException>(() => stream.ReadByte());
    }

    [Fact]
    public async Task Does_not_follow_links_to_folders()
    {
        _folder.Write("real/a.las", "a");
        Directory.CreateSymbolicLink(_folder["link"], _folder["real"]);

        Assert.Equal(["real/a.las"], await Names(new LocalStore(_folder.Path), ""));
    }

    [SkippableFact]
    public async Task Takes_over_after_a_process_that_died_between_link_and_removal()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows renames without replacing and needs no link.");
        LocalStore store = new(_folder.Path);
        await Put(store, "a", "committed");

        // The temporary name of "a" is a second name of the same file.
        using (System.Diagnostics.Process link = System.Diagnostics.Process.Start("ln", [_folder["a"], _folder[".a.tmp"]])) await link.WaitForExitAsync();
        await using (StagedObject dropped = store.Create("a")) dropped.Stream.Write("half"u8);

        Assert.Equal("committed", File.ReadAllText(_folder["a"]));
        Assert.Equal(["a"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Makes_its_folder_once_but_not_again_after_it_was_removed()
    {
        LocalStore store = new(_folder["store"]);
        Assert.True(await store.TryCreateAsync("a", new byte[1]));
        Assert.True(await store.TryCreateAsync("b/c", new byte[1]));
        Directory.Delete(_folder["store"], recursive: true);

        Assert.Contains(_folder["store"], Assert.Throws<DirectoryNotFoundException>(() => store.Create("d")).Message);
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => store.TryCreateAsync("d", new byte[1]));
        Assert.False(Directory.Exists(_folder["store"]));
        Assert.True(await new LocalStore(_folder["store"]).TryCreateAsync("d", new byte[1]));
    }

    [Fact]
    public async Task Reads_a_folder_that_is_not_there_as_empty()
    {
        LocalStore store = new(_folder["nowhere"]);
        Assert.Empty(await Names(store, ""));
        Assert.Null(await store.FindAsync("a"));
        Assert.False(Directory.Exists(_folder["nowhere"]));
    }

    protected override ObjectStore NewStore() => new LocalStore(_folder["store"]);
}
