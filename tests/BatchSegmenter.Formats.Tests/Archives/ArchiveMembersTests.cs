using System.Formats.Tar;
using System.IO.Compression;
using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Archives;

public sealed class ArchiveMembersTests : IDisposable
{
    private static readonly ArchiveLimits NothingInMemory = new() { InMemory = 0 };
    private readonly PackedClouds _packed = new();

    public void Dispose() => _packed.Dispose();

    [Theory]
    [InlineData(".zip")]
    [InlineData(".stored.zip")]
    [InlineData(".tar")]
    [InlineData(".tar.gz")]
    [InlineData(".tgz")]
    [InlineData(".7z")]
    public void Members_are_listed_and_give_their_bytes(string extension)
    {
        byte[] first = PackedClouds.Las(4000), second = PackedClouds.Las(30, 2);
        string path = _packed.Save("a" + extension, PackedClouds.Pack(
            extension, ("one.las", first), ("readme.txt", "read me"u8.ToArray()), (".hidden.las", first), ("__MACOSX/one.las", first), ("folder/two.LAS", second)));

        IReadOnlyList<ArchiveMember> members = ArchiveMembers.List(path);

        Assert.Equal([$"{path}!/one.las", $"{path}!/folder/two.LAS"], members.Select(member => member.Address));
        Assert.Equal(["one.las", "folder/two.LAS"], members.Select(member => member.Name));
        Assert.Equal([first.Length, second.Length], members.Select(member => member.Size));
        foreach (ArchiveLimits limits in new[] { ArchiveLimits.Default, NothingInMemory })
        {
            Assert.Equal(first, Bytes(members[0].Address, limits));
            Assert.Equal(second, Bytes(members[1].Address, limits));
        }

        Assert.Equal((30, 2), Read(members[1].Address));
    }

    [Theory]
    [InlineData(".zip")]
    [InlineData(".stored.zip")]
    [InlineData(".tar")]
    [InlineData(".tar.gz")]
    [InlineData(".7z")]
    public void Members_can_be_sought_wherever_they_are_held(string extension)
    {
        byte[] content = new byte[200_000];
        new Random(1).NextBytes(content);
        string path = _packed.Save("a" + extension, PackedClouds.Pack(extension, ("a.las", new byte[700]), ("b.las", content)));
        foreach (ArchiveLimits limits in new[] { ArchiveLimits.Default, NothingInMemory })
        {
            using Stream member = ArchiveMembers.Open(path + "!/b.las", limits);
            Assert.Equal(content.Length, member.Length);
            byte[] buffer = new byte[1000];
            foreach (int position in new[] { 199_000, 10, 0, 100_000, 100_500, 199_999 })
            {
                member.Position = position;
                int count = member.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
                Assert.Equal(Math.Min(1000, content.Length - position), count);
                Assert.Equal(content.AsSpan(position, count), buffer.AsSpan(0, count));
            }

            Assert.Equal(-1, member.ReadByte());
            Assert.Equal(content.Length, member.Seek(0, SeekOrigin.End));
        }
    }

    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void Every_kind_of_tar_is_read(TarEntryFormat format)
    {
        string name = format == TarEntryFormat.V7 ? "short.las" : $"{new string('d', 90)}/{new string('f', 90)}.las";
        if (format is TarEntryFormat.Pax or TarEntryFormat.Gnu) name = $"Zürich/{new string('x', 200)}/{name}";
        string path = _packed.Save("a.tar", PackedClouds.Tar(format, ("first.las", PackedClouds.Las(3)), (name, PackedClouds.Las(5))));

        Assert.Equal(["first.las", name], ArchiveMembers.List(path).Select(member => member.Name));
        Assert.Equal((5, 1), Read($"{path}!/{name}"));
    }

    [Fact]
    public void Archives_within_archives_are_looked_into()
    {
        byte[] zip = PackedClouds.Zip(("c.las", PackedClouds.Las(7, 3)), ("d.las", PackedClouds.Las(8, 4)));
        string path = _packed.Save("a.tar.gz", PackedClouds.Gzip(PackedClouds.Tar(("in/b.zip", zip), ("e.las", PackedClouds.Las(9, 5)), ("broken.zip", "PK\u0003\u0004"u8.ToArray()))));

        Assert.Equal(["in/b.zip/c.las", "in/b.zip/d.las", "e.las", "broken.zip"], ArchiveMembers.List(path).Select(member => member.Name));
        foreach (ArchiveLimits limits in new[] { ArchiveLimits.Default, NothingInMemory })
        {
            Assert.Equal((8, 4), Read($"{path}!/in/b.zip!/d.las", limits));
            Assert.Equal((9, 5), Read($"{path}!/e.las", limits));
        }

        Assert.Contains("directory", Assert.Throws<InvalidPointCloudException>(() => Read($"{path}!/broken.zip")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_has_a_limit()
    {
        byte[] content = PackedClouds.Las(2);
        for (int level = 0; level < 4; level++) content = PackedClouds.Zip(("x" + (level == 0 ? ".las" : ".zip"), content));
        string path = _packed.Save("a.zip", content);

        Assert.Equal(["x.zip/x.zip/x.zip"], ArchiveMembers.List(path).Select(member => member.Name));
        Assert.Throws<UnsupportedPointCloudException>(() => Read($"{path}!/x.zip!/x.zip!/x.zip!/x.las"));
        Assert.Equal((2, 1), Read($"{path}!/x.zip!/x.zip!/x.zip!/x.las", new() { MaxNesting = 4 }));
    }

    [Fact]
    public void An_archive_of_one_cloud_is_opened_as_that_cloud()
    {
        string path = _packed.Save("a.zip", PackedClouds.Zip(("x/one.las", PackedClouds.Las(6)), ("notes.txt", "1 2 3"u8.ToArray())));
        using (PointCloudReader reader = PointCloudReader.Open(path))
        {
            Assert.Equal(6, reader.Header.PointCount);
            Assert.Equal($"the only cloud of the archive: {path}!/x/one.las", Assert.Single(reader.Header.Remarks));
        }

        string several = _packed.Save("b.zip", PackedClouds.Zip(("1.las", PackedClouds.Las(6)), ("2.las", PackedClouds.Las(6))));
        string message = Assert.Throws<UnsupportedPointCloudException>(() => PointCloudReader.Open(several)).Message;
        Assert.Contains($"2 point clouds; name one of them: {several}!/1.las, {several}!/2.las", message, StringComparison.Ordinal);
        string none = _packed.Save("c.zip", PackedClouds.Zip(("image.png", [1])));
        Assert.Contains("no member", Assert.Throws<UnsupportedPointCloudException>(() => PointCloudReader.Open(none)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gzip_is_opened_as_what_it_holds()
    {
        byte[] las = PackedClouds.Las(60_000, 8);
        string plain = _packed.Save("cloud.las.gz", PackedClouds.Gzip(las));
        string twoMembers = _packed.Save("cloud2.las.gz", [.. PackedClouds.Gzip(las[..100_000]), .. PackedClouds.Gzip(las[100_000..])]);

        Assert.Equal(plain, Assert.Single(ArchiveMembers.List(plain)).Address);
        foreach (ArchiveLimits limits in new[] { ArchiveLimits.Default, NothingInMemory })
        {
            Assert.Equal((60_000, 8), Read(plain, limits));
            Assert.Equal((60_000, 8), Read(twoMembers, limits));
        }

        string within = _packed.Save("a.zip", PackedClouds.Zip(("cloud.las.gz", PackedClouds.Gzip(las))));
        Assert.Equal((60_000, 8), Read(within));
    }

    [Fact]
    public void Names_that_lead_elsewhere_are_only_names()
    {
        byte[] las = PackedClouds.Las(1);
        string path = _packed.Save("a.zip", PackedClouds.Zip(
            ("../../etc/a.las", las), ("/abs/b.las", las), ("C:\\win\\c.las", las), ("x/./y//d.las", las), ("bell\u0007.las", las), ("a!/e.las", las)));

        Assert.Equal(
            ["__/__/etc/a.las", "abs/b.las", "C_/win/c.las", "x/y/d.las", "bell_.las", "a!/e.las"], ArchiveMembers.List(path).Select(member => member.Name));
        foreach (ArchiveMember member in ArchiveMembers.List(path)) Assert.Equal((1, 1), Read(member.Address));
    }

    [Theory]
    [InlineData(".zip")]
    [InlineData(".tar")]
    public void Of_one_name_the_second_is_numbered(string extension)
    {
        string path = _packed.Save("a" + extension, PackedClouds.Pack(
            extension, ("a.las", PackedClouds.Las(1)), ("a.las#2", PackedClouds.Las(2)), ("a.las", PackedClouds.Las(3)), ("./a.las", PackedClouds.Las(4))));

        Assert.Equal([1, 3, 4], new[] { "a.las", "a.las#3", "a.las#4" }.Select(name => Read($"{path}!/{name}").Points));
    }

    [Fact]
    public void What_is_missing_is_said()
    {
        string path = _packed.Save("a.zip", PackedClouds.Zip(("a.las", PackedClouds.Las(1))));
        Assert.Contains("b.las: there is no such member", Assert.Throws<FileNotFoundException>(() => Read(path + "!/b.las")).Message, StringComparison.Ordinal);
        Assert.Contains("is no archive", Assert.Throws<FileNotFoundException>(() => Read(path + "!/a.las!/c.las")).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => Read(path + "x!/a.las"));
        Assert.Equal(path, ArchiveMembers.FileOf(path + "!/b!/c"));
        Assert.Equal("/no.zip!/b", ArchiveMembers.FileOf("/no.zip!/b"));
    }

    [SkippableTheory]
    [InlineData("formats/laz/pdal-2-2-2-1.laz", 41181)]
    [InlineData("formats/laz/startinpy-small.laz", 39233)]
    public void A_real_laz_is_the_same_from_every_archive(string file, int points)
    {
        string real = SharedFiles.Require(file);
        byte[] content = File.ReadAllBytes(real);
        PointColumns expected = Columns(real, ArchiveLimits.Default);
        Assert.Equal(points, expected.Count);
        foreach (string extension in new[] { ".zip", ".stored.zip", ".tar", ".tgz", ".7z" })
        {
            string path = _packed.Save("real" + extension, PackedClouds.Pack(extension, ("real.laz", content)));
            foreach (ArchiveLimits limits in new[] { ArchiveLimits.Default, NothingInMemory })
            {
                PointColumns read = Columns(path, limits);
                Assert.Equal(points, read.Count);
                Assert.Equal(expected.X.AsSpan(0, points), read.X.AsSpan(0, points));
                Assert.Equal(expected.Intensity.AsSpan(0, points), read.Intensity.AsSpan(0, points));
            }
        }
    }

    private static byte[] Bytes(string address, ArchiveLimits limits)
    {
        using Stream member = ArchiveMembers.Open(address, limits);
        MemoryStream copy = new();
        member.CopyTo(copy);
        return copy.ToArray();
    }

    private static (int Points, double X) Read(string address, ArchiveLimits? limits = null)
    {
        PointColumns columns = Columns(address, limits ?? ArchiveLimits.Default);
        return (columns.Count, columns.X[0]);
    }

    private static PointColumns Columns(string address, ArchiveLimits limits)
    {
        using PointCloudReader reader = PointCloudReader.Open(address, new() { Archives = limits });
        PointColumns columns = new(0, PointAttributes.Intensity);
        while (reader.Read(columns, 10_000) > 0) { }
        return columns;
    }
}
