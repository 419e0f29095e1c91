using System.Buffers.Binary;
using System.IO.Compression;
using BatchSegmenter.Formats.Archives;

namespace BatchSegmenter.Formats.Tests.Archives;

public sealed class ArchiveDamageTests : IDisposable
{
    private readonly PackedClouds _packed = new();

    public void Dispose() => _packed.Dispose();

    [Theory]
    [InlineData(".zip", true)]
    [InlineData(".stored.zip", true)]
    [InlineData(".tar", false)]
    [InlineData(".tar.gz", true)]
    [InlineData(".7z", true)]
    public void A_truncated_archive_is_refused_at_every_length(string extension, bool alwaysFails)
    {
        byte[] content = new byte[3000];
        new Random(1).NextBytes(content);
        PackedClouds.Las(50).CopyTo(content, 0);
        byte[] whole = PackedClouds.Pack(extension, ("a.las", content), ("b.las", content));
        // Shorter than its mark it is no archive.
        for (int length = 6; length < whole.Length; length += length < 700 || length > whole.Length - 200 ? 1 : 37)
        {
            Exception? fault = Record.Exception(() => ReadAll(_packed.Save("cut", whole[..length])));
            Assert.True(fault is PointCloudException || (fault is null && !alwaysFails), $"{length} of {whole.Length} bytes: {fault}");
        }
    }

    [Theory]
    [InlineData(".zip")]
    [InlineData(".stored.zip")]
    [InlineData(".tar")]
    [InlineData(".tar.gz")]
    [InlineData(".7z")]
    public void A_byte_that_was_changed_never_ends_in_another_fault(string extension)
    {
        byte[] whole = PackedClouds.Pack(extension, ("a.las", PackedClouds.Las(40)), ("b.zip", PackedClouds.Zip(("c.las", PackedClouds.Las(40)))));
        Random random = new(7);
        for (int round = 0; round < 300; round++)
        {
            byte[] changed = (byte[])whole.Clone();
            for (int change = random.Next(1, 4); change > 0; change--) changed[random.Next(changed.Length)] = (byte)(random.Next(3) == 0 ? 255 : random.Next(256));
            Exception? fault = Record.Exception(() => ReadAll(_packed.Save("changed", changed)));
            Assert.True(fault is null or PointCloudException, $"round {round}: {fault}");
        }
    }

    [Theory]
    [InlineData(".zip")]
    [InlineData(".tar.gz")]
    [InlineData(".7z")]
    public void Bombs_are_refused_by_their_ratio(string extension)
    {
        string path = _packed.Save("bomb" + extension, PackedClouds.Pack(extension, ("zeros.las", new byte[4 << 20])));
        foreach (long inMemory in new[] { 64L << 20, 0 })
        {
            ArchiveLimits limits = new() { InMemory = inMemory, RatioFloor = 1 << 20, MaxRatio = 100 };
            string message = Assert.Throws<UnsupportedPointCloudException>(() => ReadAll(path, limits)).Message;
            Assert.Contains("100 for each", message, StringComparison.Ordinal);
            ReadAll(path, limits with { RatioFloor = 16 << 20 });
        }
    }

    [Theory]
    [InlineData(".zip")]
    [InlineData(".tar")]
    [InlineData(".tar.gz")]
    [InlineData(".7z")]
    public void Members_and_sizes_have_limits(string extension)
    {
        string path = _packed.Save("a" + extension, PackedClouds.Pack(extension, [.. Enumerable.Range(0, 20).Select(i => ($"{i}.las", new byte[1000]))]));

        Assert.Equal(20, ArchiveMembers.List(path, new() { MaxMembers = 20, MaxTotalSize = 20_000 }).Count);
        Assert.Contains("19", Assert.Throws<UnsupportedPointCloudException>(() => ArchiveMembers.List(path, new() { MaxMembers = 19 })).Message, StringComparison.Ordinal);
        Assert.Contains("19999", Assert.Throws<UnsupportedPointCloudException>(() => ArchiveMembers.List(path, new() { MaxTotalSize = 19_999 })).Message, StringComparison.Ordinal);
        Assert.Contains("999", Assert.Throws<UnsupportedPointCloudException>(() => ReadAll(path, new() { MaxMemberSize = 999 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Members_of_archives_within_count_too()
    {
        byte[] inner = PackedClouds.Zip([.. Enumerable.Range(0, 10).Select(i => ($"{i}.las", new byte[10]))]);
        string path = _packed.Save("a.zip", PackedClouds.Zip([.. Enumerable.Range(0, 10).Select(i => ($"{i}.zip", inner))]));

        Assert.Equal(100, ArchiveMembers.List(path, new() { MaxMembers = 110 }).Count);
        Assert.Throws<UnsupportedPointCloudException>(() => ArchiveMembers.List(path, new() { MaxMembers = 109 }));
    }

    [Fact]
    public void A_zip_member_is_checked_against_its_checksum_and_size()
    {
        byte[] zip = PackedClouds.Zip(("a.las", PackedClouds.Las(100)));
        int entry = zip.AsSpan().IndexOf("PK\u0001\u0002"u8);
        Assert.Contains("CRC-32", Fault(entry + 16), StringComparison.Ordinal);
        Assert.Contains("declares", Fault(entry + 24), StringComparison.Ordinal);

        string Fault(int changedAt)
        {
            byte[] changed = (byte[])zip.Clone();
            changed[changedAt] ^= 1;
            string path = _packed.Save("a.zip", changed);
            foreach (long inMemory in new[] { 64L << 20, 0 })
                Assert.Throws<InvalidPointCloudException>(() => ReadAll(path, new() { InMemory = inMemory }));
            return Assert.Throws<InvalidPointCloudException>(() => ReadAll(path)).Message;
        }
    }

    [Theory]
    [InlineData(8, 1, 0, 0, "encrypted")]
    [InlineData(10, 0, 14, 8, "method 14 (LZMA)")]
    public void What_a_zip_member_needs_and_is_not_there_is_said(int offset, byte flags, byte method, byte old, string expected)
    {
        byte[] zip = PackedClouds.Zip(("a.las", PackedClouds.Las(100)));
        int entry = zip.AsSpan().IndexOf("PK\u0001\u0002"u8);
        Assert.Equal(old, zip[entry + 10] * (method == 0 ? 0 : 1));
        zip[entry + offset] = method == 0 ? flags : method;
        string path = _packed.Save("a.zip", zip);
        Assert.Contains(expected, Assert.Throws<UnsupportedPointCloudException>(() => ReadAll(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_zip_with_64_bit_fields_and_bytes_before_it_is_read()
    {
        byte[] las = PackedClouds.Las(3);
        byte[] zip = [.. "PK\u0003\u0004 what was put before"u8, .. Zip64("a.las", las)];
        Assert.Equal(las, ReadAll(_packed.Save("a.zip", zip)).Single());
    }

    [Fact]
    public void A_tar_whose_header_extension_claims_gigabytes_takes_no_memory()
    {
        byte[] tar = PackedClouds.Tar(("a.las", new byte[10]));
        Assert.Equal((byte)'x', tar[156]);
        "77777777777\0"u8.CopyTo(tar.AsSpan(124));
        int sum = 8 * ' ' + tar.Take(512).Select((value, i) => i is >= 148 and < 156 ? 0 : value).Sum();
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(tar, 148);
        string path = _packed.Save("a.tar", tar);
        Assert.Contains("8589934591", Assert.Throws<UnsupportedPointCloudException>(() => ArchiveMembers.List(path)).Message, StringComparison.Ordinal);
    }

    private static byte[] Zip64(string name, byte[] content)
    {
        MemoryStream zip = new();
        BinaryWriter writer = new(zip);
        byte[] text = System.Text.Encoding.UTF8.GetBytes(name);
        writer.Write("PK\u0003\u0004"u8);
        writer.Write([45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write(0u);
        writer.Write(uint.MaxValue);
        writer.Write(uint.MaxValue);
        writer.Write((ushort)text.Length);
        writer.Write((ushort)0);
        writer.Write(text);
        writer.Write(content);
        long directory = zip.Position;
        writer.Write("PK\u0001\u0002"u8);
        writer.Write([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write(0u);
        writer.Write(uint.MaxValue);
        writer.Write(uint.MaxValue);
        writer.Write((ushort)text.Length);
        writer.Write((ushort)28);
        writer.Write(new byte[10]);
        writer.Write(uint.MaxValue);
        writer.Write(text);
        writer.Write((ushort)1);
        writer.Write((ushort)24);
        writer.Write((long)content.Length);
        writer.Write((long)content.Length);
        writer.Write(0L);
        long end = zip.Position;
        writer.Write("PK\u0006\u0006"u8);
        writer.Write(44L);
        writer.Write(new byte[12]);
        writer.Write(1L);
        writer.Write(1L);
        writer.Write(end - directory);
        writer.Write(directory);
        writer.Write("PK\u0006\u0007"u8);
        writer.Write(0);
        writer.Write(end);
        writer.Write(1);
        writer.Write("PK\u0005\u0006"u8);
        writer.Write(0);
        writer.Write(ushort.MaxValue);
        writer.Write(ushort.MaxValue);
        writer.Write(uint.MaxValue);
        writer.Write(uint.MaxValue);
        writer.Write((ushort)0);
        return zip.ToArray();
    }

    /// <summary>Every member's bytes.</summary>
    private static List<byte[]> ReadAll(string path, ArchiveLimits? limits = null)
    {
        List<byte[]> contents = [];
        foreach (ArchiveMember member in ArchiveMembers.List(path, limits))
        {
            using Stream stream = ArchiveMembers.Open(member.Address, limits);
            MemoryStream copy = new();
            stream.CopyTo(copy);
            contents.Add(copy.ToArray());
        }

        if (contents.Count == 0) throw new UnsupportedPointCloudException(path, null, "no members");
        return contents;
    }
}
