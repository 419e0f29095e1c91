namespace BatchSegmenter.Formats.Archives;

/// <summary>A member of an archive that looks like a point cloud.</summary>
/// <param name="Address">
/// What <see cref="PointCloudReader.Open(string, PointReadOptions?)"/> takes: the archive's path, <c>!/</c>, the member's name; again for an
/// archive within. The path alone where the archive is the gzip of one cloud.
/// </param>
/// <param name="Name">
/// The part behind the archive's path, <c>!/</c> as <c>/</c>: a relative path without <c>..</c>, drives, control characters or what Windows
/// forbids, whatever the archive says. Empty where <paramref name="Address"/> is the path.
/// </param>
/// <param name="Size">Decompressed bytes as declared; compressed ones where only decompression would tell.</param>
public sealed record ArchiveMember(string Address, string Name, long Size);
