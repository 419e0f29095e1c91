using System.Security.Cryptography;

namespace BatchSegmenter.Inference;

/// <summary>
/// The files of a bundle's folder, as far as they may be trusted before their hashes are known: plain files of bounded size under the very
/// names that are listed, and no others.
/// </summary>
internal static class BundleFiles
{
    /// <summary>More than any list, description or signature needs: 16 MiB.</summary>
    public const long MaxText = 16 << 20;

    /// <summary>The most that ONNX Runtime takes in one piece, and that an array holds.</summary>
    public const long MaxNetwork = 0x7FFF_FFC7;

    /// <summary>The most of any other file (golden blocks, reports): 4 GiB; they are hashed without being held.</summary>
    public const long MaxOther = 4L << 30;

    /// <summary>All files by relative path with forward slashes.</summary>
    /// <exception cref="InvalidModelBundleException">There is a link, which could lead out of the folder.</exception>
    public static HashSet<string> Find(string folder)
    {
        HashSet<string> files = new(StringComparer.Ordinal);
        Walk(new DirectoryInfo(folder), "");
        return files;

        void Walk(DirectoryInfo from, string prefix)
        {
            foreach (FileSystemInfo entry in from.EnumerateFileSystemInfos())
            {
                if ((entry.Attributes & FileAttributes.ReparsePoint) != 0)
                    throw new InvalidModelBundleException(folder, $"{prefix}{entry.Name} is a link; a bundle holds plain files");
                if (entry is DirectoryInfo inner) Walk(inner, $"{prefix}{entry.Name}/");
                else files.Add(prefix + entry.Name);
            }
        }
    }

    /// <summary>The whole content of a file.</summary>
    /// <exception cref="InvalidModelBundleException">It is not there, or larger than <paramref name="limit"/>.</exception>
    public static byte[] Read(string folder, string file, long limit)
    {
        using FileStream stream = Open(folder, file, limit);
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The SHA-256 of a file that need not be held.</summary>
    /// <exception cref="InvalidModelBundleException">It is not there, or larger than <see cref="MaxOther"/>.</exception>
    public static string Hash(string folder, string file)
    {
        using FileStream stream = Open(folder, file, MaxOther);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static FileStream Open(string folder, string file, long limit)
    {
        string path = Path.Combine(folder, file);
        if (!File.Exists(path)) throw new InvalidModelBundleException(folder, $"the bundle has no {file}");
        FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16, FileOptions.SequentialScan);
        if (stream.Length <= limit) return stream;
        long length = stream.Length;
        stream.Dispose();
        throw new InvalidModelBundleException(path, $"it has {length:N0} bytes; at most {limit:N0} are read");
    }
}
