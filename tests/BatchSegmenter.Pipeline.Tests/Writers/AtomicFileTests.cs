using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Tests.Writers;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Appears_whole_when_committed()
    {
        string path = _folder["deep/er/a.txt"];
        using (var file = new AtomicFile(path, new RootFolder(_folder.Path)))
        {
            file.Stream.Write("new"u8);
            Assert.False(File.Exists(path));
            Assert.Equal(".a.txt.tmp", Path.GetFileName(file.TemporaryPath));
            Assert.Equal(Path.GetDirectoryName(path), Path.GetDirectoryName(file.TemporaryPath));
            file.Commit();
        }

        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder["deep/er"]));
    }

    [Fact]
    public void Replaces_an_earlier_file_only_when_committed()
    {
        string path = _folder.Write("a.txt", "old");
        using (var dropped = new AtomicFile(path, new RootFolder(_folder.Path)))
        {
            dropped.Stream.Write("dropped"u8);
            dropped.Complete();
        }

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));

        Write(path, "new"u8);
        Assert.Equal("new", File.ReadAllText(path));
    }

    [Fact]
    public void Overwrites_what_a_killed_run_left()
    {
        _folder.Write(".a.txt.tmp", "much longer than the new text");

        Write(_folder["a.txt"], "new"u8);

        Assert.Equal("new", File.ReadAllText(_folder["a.txt"]));
        Assert.Single(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Is_locked_until_it_is_committed_and_no_longer()
    {
        using AtomicFile file = new(_folder["a.txt"], new RootFolder(_folder.Path));
        Assert.Throws<IOException>(() => new AtomicFile(_folder["a.txt"], new RootFolder(_folder.Path)));
        file.Stream.Write("new"u8);
        file.Complete();

        Assert.Throws<IOException>(() => new AtomicFile(_folder["a.txt"], new RootFolder(_folder.Path)));
        Assert.Throws<InvalidOperationException>(() => file.Stream);
        file.Commit();
        using AtomicFile next = new(_folder["a.txt"], new RootFolder(_folder.Path));
        Assert.Equal("new", File.ReadAllText(_folder["a.txt"]));
    }

    [Fact]
    public void Is_dropped_without_a_word_where_its_folder_is_gone()
    {
        string path = _folder["deep/a.txt"];
        using (AtomicFile file = new(path, new RootFolder(_folder.Path)))
        {
            Directory.Delete(_folder["deep"], recursive: true);
            Assert.Throws<FileNotFoundException>(file.Commit);
        }

        Assert.False(Directory.Exists(_folder["deep"]));
    }

    private static void Write(string path, ReadOnlySpan<byte> content)
    {
        using AtomicFile file = new(path, new RootFolder(Path.GetDirectoryName(path)!));
        file.Stream.Write(content);
        file.Commit();
    }
}
