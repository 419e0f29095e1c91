using BatchSegmenter.Formats.Npy;

namespace BatchSegmenter.Formats.Archives;

/// <summary>
/// Archives (zip, tar, gzip, 7z, and archives in archives) read in place: nothing is unpacked to disk. A member is addressed as
/// <c>archive.zip!/folder/cloud.laz</c>, in an archive within as <c>a.tar!/b.zip!/c.laz</c>; of several members of one name the first has the
/// name alone, the second <c>name#2</c>.
/// </summary>
public static class ArchiveMembers
{
    /// <summary>What separates an archive from its member in an address.</summary>
    public const string Mark = "!/";

    private const int AddressesShown = 5;

    /// <summary>
    /// Lists the members that look like point clouds by their names, in the archive's order, those of archives within in place of these. Left out
    /// are folders, links, hidden files and what macOS adds; tables (.csv .txt .asc), which often are readmes, where there is anything else; of the arrays of
    /// an .npz all but the one that is the cloud, by the rule of <see cref="NpzCloud"/>.
    /// An archive within that cannot be listed stands for itself.
    /// </summary>
    /// <param name="path">The archive. A file that is the gzip of one cloud, or no archive at all, is its own only member.</param>
    /// <param name="limits">What is allowed; by default <see cref="ArchiveLimits.Default"/>.</param>
    /// <exception cref="PointCloudException">The archive is damaged, not supported, or breaks a limit.</exception>
    /// <exception cref="IOException">The archive cannot be read.</exception>
    public static IReadOnlyList<ArchiveMember> List(string path, ArchiveLimits? limits = null)
    {
        using FileStream file = OpenFile(path);
        return List(file, path, limits ?? ArchiveLimits.Default);
    }

    /// <summary>Lists the members of an archive in a seekable stream, which stays open; see <see cref="List(string, ArchiveLimits?)"/>.</summary>
    /// <param name="content">The archive's bytes from position 0 on.</param>
    /// <param name="path">Its name in addresses and messages.</param>
    public static IReadOnlyList<ArchiveMember> List(Stream content, string path)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(path);
        return List(content, path, ArchiveLimits.Default);
    }

    /// <summary>
    /// Opens a member by its address, or the only cloud of an archive by the archive's path, as a seekable stream. Gzip is decompressed.
    /// A file that is no archive is opened as it is.
    /// </summary>
    /// <param name="address">A path, or an address as <see cref="List(string, ArchiveLimits?)"/> gives.</param>
    /// <param name="limits">What is allowed; by default <see cref="ArchiveLimits.Default"/>.</param>
    /// <exception cref="PointCloudException">The archive is damaged, not supported, breaks a limit, or holds several clouds or none.</exception>
    /// <exception cref="FileNotFoundException">There is no such file, or no such member in it.</exception>
    /// <exception cref="IOException">The archive cannot be read.</exception>
    public static Stream Open(string address, ArchiveLimits? limits = null)
    {
        string file = FileOf(address);
        return Descend(OpenFile(file), file, RestOf(address, file), limits ?? ArchiveLimits.Default).Content;
    }

    /// <summary>The file on disk that an address begins with: the path itself where there is such a file, or no <c>!/</c> in it.</summary>
    public static string FileOf(string address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (File.Exists(address)) return address;
        string slashes = address.Replace('\\', '/');
        for (int mark = slashes.IndexOf(Mark, StringComparison.Ordinal); mark > 0; mark = slashes.IndexOf(Mark, mark + 1, StringComparison.Ordinal))
            if (File.Exists(address[..mark])) return address[..mark];
        return address;
    }

    /// <summary>What an address says behind the file.</summary>
    internal static string RestOf(string address, string file) => address.Length == file.Length ? "" : address[(file.Length + Mark.Length)..].Replace('\\', '/');

    /// <summary>Follows an address into archives down to something that is none; where the address ends at an archive, to its only cloud.</summary>
    /// <param name="content">The outermost archive, or what else it is; disposed where this throws.</param>
    /// <param name="address">Its path.</param>
    /// <param name="rest">The address behind the path; may be empty.</param>
    /// <param name="limits">What is allowed.</param>
    internal static (Stream Content, string Address) Descend(Stream content, string address, string rest, ArchiveLimits limits)
    {
        try
        {
            for (int depth = 0; Container.Over(content, address, limits) is { } container;)
            {
                if (++depth > limits.MaxNesting) throw TooDeep(address, limits);
                if (container is GzipContainer gzip)
                {
                    content = gzip.Open(gzip);
                    if (PointFormatDetector.Find(content) == "tar") depth--;
                    continue;
                }

                if (rest.Length == 0) rest = OnlyMember(content, address, limits);
                (string name, ContainerEntry entry) = container.Members(new(address, limits))
                    .FirstOrDefault(member => rest == member.Name || rest.StartsWith(member.Name + Mark, StringComparison.Ordinal));
                if (entry is null) throw new FileNotFoundException($"{address}{Mark}{rest}: there is no such member in the archive.");
                rest = rest.Length == name.Length ? "" : rest[(name.Length + Mark.Length)..];
                address += Mark + name;
                content = container.Open(entry, address, container);
            }

            if (rest.Length > 0) throw new FileNotFoundException($"{address}{Mark}{rest}: there is no such member, for {address} is no archive.");
            return (content, address);
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }

    private static string OnlyMember(Stream archive, string address, ArchiveLimits limits)
    {
        IReadOnlyList<ArchiveMember> members = List(archive, address, limits);
        if (members.Count == 1) return members[0].Address[(address.Length + Mark.Length)..];
        throw new UnsupportedPointCloudException(
            address, null, members.Count == 0
                ? "no member of the archive has the name of a point cloud."
                : $"the archive holds {members.Count} point clouds; name one of them: {string.Join(", ", members.Take(AddressesShown).Select(member => member.Address))}{(members.Count > AddressesShown ? ", …" : "")}");
    }

    private static List<ArchiveMember> List(Stream content, string address, ArchiveLimits limits)
    {
        List<ArchiveMember> found = [];
        List(content, address, "", 0, 0, new(address, limits), limits, found);
        if (found.Any(member => !MemberName.IsTable(member.Name))) found.RemoveAll(member => MemberName.IsTable(member.Name));
        return found;
    }

    private static void List(
        Stream content, string address, string name, long size, int depth, ArchiveTotals totals, ArchiveLimits limits, List<ArchiveMember> found)
    {
        Container? container = Container.Over(content, address, limits);
        if (container is GzipContainer gzip)
        {
            // Whether it is an archive is seen by its first bytes, without decompressing it whole.
            using Stream unzipped = new ReopeningStream(() => gzip.OpenForward(), null, null);
            if (PointFormatDetector.Find(unzipped) == "tar") List(unzipped, address, name, size, depth, totals, limits, found);
            else found.Add(new(address, name, size));
            return;
        }

        if (container is null)
        {
            found.Add(new(address, name, size));
            return;
        }

        if (++depth > limits.MaxNesting) throw TooDeep(address, limits);
        if (container is ZipContainer zip && NpzCloud.IsNpz(address) && NpzCloud.Find(zip, address, limits) is { } array)
        {
            totals.Add(array.Size ?? 0);
            found.Add(new(address + Mark + array.Name, name.Length == 0 ? array.Name : $"{name}/{array.Name}", array.Size ?? 0));
            return;
        }

        foreach ((string member, ContainerEntry entry) in container.Members(totals))
        {
            if (MemberName.IsHidden(member)) continue;
            string memberAddress = address + Mark + member, memberName = name.Length == 0 ? member : $"{name}/{member}";
            ArchiveMember itself = new(memberAddress, memberName, entry.Size ?? 0);
            if (MemberName.IsArchive(member))
            {
                int before = found.Count;
                try
                {
                    using Stream nested = container.Open(entry, memberAddress, null);
                    List(nested, memberAddress, memberName, itself.Size, depth, totals, limits, found);
                }
                catch (PointCloudException) when (!totals.AreExceeded)
                {
                    found.RemoveRange(before, found.Count - before);
                    found.Add(itself);
                }
            }
            else if (MemberName.IsCloud(member) || MemberName.IsTable(member)) found.Add(itself);
        }
    }

    private static FileStream OpenFile(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 4096, FileOptions.SequentialScan);

    private static UnsupportedPointCloudException TooDeep(string address, ArchiveLimits limits) =>
        new(address, null, $"an archive within {limits.MaxNesting} others; {limits.MaxNesting} within one another are allowed.");
}
