using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Tests.Storage;

public sealed class RootFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Makes_itself_once_with_what_is_above_and_then_only_what_is_below()
    {
        RootFolder root = new(_folder["a/b"]);
        root.Make(_folder["a/b/c/d"]);
        root.Make(_folder["a/b"]);
        Assert.True(Directory.Exists(_folder["a/b/c/d"]));

        Directory.Delete(_folder["a"], recursive: true);
        Assert.Contains(_folder["a/b"], Assert.Throws<DirectoryNotFoundException>(() => root.Make(_folder["a/b/c"])).Message);
        Assert.Throws<DirectoryNotFoundException>(() => root.Make(_folder["a/b"]));
        Assert.False(Directory.Exists(_folder["a"]));
    }

    [Fact]
    public void Names_the_folder_where_a_file_is_in_the_way()
    {
        RootFolder root = new(_folder["a"]);
        root.Make(_folder["a"]);
        _folder.Write("a/b");

        Assert.Contains(_folder["a/b"], Assert.ThrowsAny<IOException>(() => root.Make(_folder["a/b"])).Message);
    }

    [SkippableFact]
    public void Tells_names_that_are_too_long_from_other_faults()
    {
        Skip.If(OperatingSystem.IsWindows(), "its limits are others");
        Assert.Throws<PathTooLongException>(() => new RootFolder(_folder["a"]).Make(_folder[$"a/{new string('n', 300)}/b"]));
    }

    /// <summary>A root that was made anew would stand in the way of the one that comes back.</summary>
    [SkippableFact]
    public async Task Files_that_are_begun_while_it_is_moved_away_do_not_bring_it_back()
    {
        Skip.If(OperatingSystem.IsWindows(), "folders with open files are not moved there");
        LocalStore store = new(_folder["out"]);
        Assert.True(await store.TryCreateAsync("first", new byte[1]));
        using CancellationTokenSource over = new();
        int begun = 0, refused = 0;
        Task[] writers = [.. Enumerable.Range(0, 2).Select(writer => Task.Run(async () =>
        {
            for (int i = 0; !over.IsCancellationRequested; i++)
            {
                try
                {
                    await using StagedObject file = store.Create($"{writer}/{i}/a");
                    Interlocked.Increment(ref begun);
                }
                catch (IOException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }))];

        for (int moves = 0; moves < 200 || begun == 0 || refused == 0; moves++)
        {
            Directory.Move(_folder["out"], _folder["away"]);
            await Task.Yield();
            Directory.Move(_folder["away"], _folder["out"]);
        }

        await over.CancelAsync();
        await Task.WhenAll(writers);
    }
}
