using System.Formats.Tar;
using System.IO.Compression;
using BatchSegmenter.Formats.Las;
using SharpCompress.Common;
using SharpCompress.Writers.SevenZip;

namespace BatchSegmenter.Formats.Tests.Archives;

/// <summary>Archives made for a test, in a folder that is removed after it.</summary>
internal sealed class PackedClouds : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("batchsegmenter-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public string Save(string name, byte[] content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>A LAS file of as many points, whose x tells one cloud from another.</summary>
    public static byte[] Las(int points, double x = 1)
    {
        MemoryStream file = new();
        using (LasWriter writer = new(file, new LasWriterOptions { VersionMinor = 2, PointFormat = 0, Scale = (0.01, 0.01, 0.01) }, leaveOpen: true))
        {
            PointColumns columns = new(points, PointAttributes.All) { Count = points };
            for (int i = 0; i < points; i++) (columns.X[i], columns.Y[i], columns.Z[i]) = (x, i, i % 7);
            writer.Write(columns);
        }

        return file.ToArray();
    }

    public static byte[] Zip(params (string Name, byte[] Content)[] members) => Zip(CompressionLevel.Fastest, members);

    public static byte[] Zip(CompressionLevel level, params (string Name, byte[] Content)[] members)
    {
        MemoryStream file = new();
        using (ZipArchive archive = new(file, ZipArchiveMode.Create, leaveOpen: true))
            foreach ((string name, byte[] content) in members)
            {
                using Stream member = archive.CreateEntry(name, level).Open();
                member.Write(content);
            }

        return file.ToArray();
    }

    public static byte[] Tar(params (string Name, byte[] Content)[] members) => Tar(TarEntryFormat.Pax, members);

    public static byte[] Tar(TarEntryFormat format, params (string Name, byte[] Content)[] members)
    {
        MemoryStream file = new();
        using (TarWriter archive = new(file, format, leaveOpen: true))
            foreach ((string name, byte[] content) in members)
            {
                TarEntryType type = format == TarEntryFormat.V7 ? TarEntryType.V7RegularFile : TarEntryType.RegularFile;
                TarEntry entry = format switch
                {
                    TarEntryFormat.Pax => new PaxTarEntry(type, name),
                    TarEntryFormat.Gnu => new GnuTarEntry(type, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                    _ => new V7TarEntry(type, name),
                };
                entry.DataStream = new MemoryStream(content);
                archive.WriteEntry(entry);
            }

        return file.ToArray();
    }

    public static byte[] Gzip(byte[] content)
    {
        MemoryStream file = new();
        using (GZipStream gzip = new(file, CompressionLevel.Fastest)) gzip.Write(content);
        return file.ToArray();
    }

    public static byte[] SevenZip(params (string Name, byte[] Content)[] members)
    {
        MemoryStream file = new();
        using (SevenZipWriter writer = new(file, new SevenZipWriterOptions(CompressionType.LZMA2) { LeaveStreamOpen = true }))
            foreach ((string name, byte[] content) in members) writer.Write(name, new MemoryStream(content), null);
        return file.ToArray();
    }

    /// <summary>An archive of a kind by its extension.</summary>
    public static byte[] Pack(string extension, params (string Name, byte[] Content)[] members) => extension switch
    {
        ".zip" => Zip(members),
        ".stored.zip" => Zip(CompressionLevel.NoCompression, members),
        ".tar" => Tar(members),
        ".tar.gz" or ".tgz" => Gzip(Tar(members)),
        ".7z" => SevenZip(members),
        _ => throw new ArgumentException(extension),
    };
}
