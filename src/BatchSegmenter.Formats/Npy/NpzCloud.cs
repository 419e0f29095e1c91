using BatchSegmenter.Formats.Archives;

namespace BatchSegmenter.Formats.Npy;

/// <summary>Tells which array of an NPZ archive is the cloud.</summary>
internal static class NpzCloud
{
    private const string Extension = ".npy";

    private static readonly string[] Names = ["points", "xyz", "data", "arr_0"];

    /// <summary>
    /// The member to read: the first of <c>points</c>, <c>xyz</c>, <c>data</c> and <c>arr_0</c> that has the shape of a cloud, else the one
    /// with such a shape and the most points (the first of equals). A cloud has points × 3 to 7 values, or one axis of records.
    /// </summary>
    /// <param name="members">Names, with or without <c>.npy</c>, and shapes.</param>
    /// <returns>Its name as given; null where no member can be a cloud.</returns>
    public static string? Choose(IReadOnlyList<(string Name, long[] Shape)> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        (string Name, long[] Shape)[] clouds = [.. members.Where(member => member.Shape is [_, >= 3 and <= 7])];
        foreach (string name in Names)
            foreach ((string member, long[] shape) in members)
                if (string.Equals(Path.GetFileNameWithoutExtension(member), name, StringComparison.OrdinalIgnoreCase) && shape is ([_] or [_, >= 3 and <= 7])) return member;
        return clouds.Length == 0 ? null : clouds.MaxBy(member => member.Shape[0]).Name;
    }

    /// <summary>Whether a zip archive is one of NumPy by its name: nothing in it says so, and other archives hold arrays that are a cloud each.</summary>
    public static bool IsNpz(string address) => address.EndsWith(".npz", StringComparison.OrdinalIgnoreCase);

    /// <summary>The array of an archive that is the cloud, its name made harmless; null where none is, or the archive holds anything but arrays.</summary>
    /// <exception cref="PointCloudException">The archive is damaged or breaks a limit.</exception>
    public static ContainerEntry? Find(ZipContainer archive, string address, ArchiveLimits limits)
    {
        List<(string Name, ContainerEntry Entry)> arrays = [.. archive.Members(new(address, limits))];
        if (!arrays.TrueForAll(array => array.Name.EndsWith(Extension, StringComparison.OrdinalIgnoreCase))) return null;
        string? name = Choose([.. arrays.Select(array => (array.Name, ShapeOf(archive, array.Entry, $"{address}!/{array.Name}")))]);
        return name is null ? null : arrays.Find(array => array.Name == name).Entry with { Name = name };
    }

    /// <summary>The shape of an array; none where it cannot be read, which others must not suffer from.</summary>
    private static long[] ShapeOf(ZipContainer archive, ContainerEntry entry, string address)
    {
        try
        {
            using Stream content = archive.OpenStart(entry, address);
            NpyHeader header = NpyHeader.Read(content, address);
            return header.IsStructured || header.Shape.Length != 1 ? header.Shape : [];
        }
        catch (PointCloudException)
        {
            return [];
        }
    }
}
