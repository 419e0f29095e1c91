using System.Diagnostics;
using BatchSegmenter.Pipeline.OutOfCore;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Tests.OutOfCore;

public sealed class ScratchFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Root => _folder["scratch"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_is_made_before_it_is_needed_and_nothing_stays()
    {
        using (ScratchFolder scratch = new(Root))
        {
            Assert.False(Directory.Exists(Root));
            ScratchFile closed = scratch.Create("a"), open = scratch.Create("b");
            closed.Append([1, 2, 3]);
            closed.Dispose();
            open.Append([4]);
            Assert.Single(Directory.EnumerateFiles(Assert.Single(Directory.EnumerateDirectories(Root)), "*-*"));
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Root));
    }

    [Fact]
    public void What_a_dead_process_left_is_removed_at_the_next_start_and_nothing_else()
    {
        string Folder(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;
        using Process self = Process.GetCurrentProcess();
        string dead = Folder(ScratchFolder.NameOf(int.MaxValue - 7, 1_700_000_000, 1));
        string earlier = Folder(ScratchFolder.NameOf(self.Id, ScratchFolder.StartOf(self) - 3600, 1)); // its number was given out again
        string alive = Folder(ScratchFolder.NameOf(self.Id, ScratchFolder.StartOf(self), 1_000_000));
        string other = Folder("batchsegmenter-notes");
        string elsewhere = Folder(ScratchFolder.NameOf(int.MaxValue - 8, 1_700_000_000, 1)); // a process that only another container can see
        File.WriteAllText(Path.Combine(dead, "1-points"), "left");
        File.WriteAllText(Path.Combine(dead, ".lock"), "");
        using FileStream held = new(Path.Combine(elsewhere, ".lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        File.WriteAllText(Path.Combine(Root, $"batchsegmenter-{Guid.NewGuid():N}.tmp"), "left");
        string notes = Path.Combine(Root, "batchsegmenter-notes.tmp");
        File.WriteAllText(notes, "");

        using ScratchFolder scratch = new(Root);

        Assert.Equal(new[] { alive, other, elsewhere }.Order(), Directory.EnumerateDirectories(Root).Order());
        Assert.Equal([notes], Directory.EnumerateFiles(Root));
        Assert.False(Directory.Exists(earlier));
    }

    [Fact]
    public void An_input_that_the_disk_cannot_hold_is_refused_with_need_have_where_and_the_way_out()
    {
        using ScratchFolder scratch = new(Root);
        scratch.Require(1 << 20, 10);

        string message = Assert.Throws<InputRefusedException>(() => scratch.Require(1L << 60, 123)).Message;

        Assert.Contains("123 points", message);
        Assert.Contains("1073741824.0 GiB of scratch", message);
        Assert.Contains($"{Root} has ", message);
        Assert.Contains("limits.scratch", message);
    }

    [Fact]
    public void A_folder_that_cannot_be_written_stops_the_run()
    {
        _folder.Write("file", "no folder");
        using ScratchFolder scratch = new(_folder["file/below"]);

        Assert.Contains("limits.scratch", Assert.Throws<RunStoppedException>(() => scratch.Create("a")).Message);
    }
}
