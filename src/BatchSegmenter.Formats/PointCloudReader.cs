using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Formats.E57;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Formats.Npy;
using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Formats.Pcd;
using BatchSegmenter.Formats.Ply;
using BatchSegmenter.Formats.Text;

namespace BatchSegmenter.Formats;

/// <summary>
/// Reads the points of one file, forward, in file order. The header is read when the reader is opened; points are
/// appended to the caller's columns a run at a time, so that a cloud larger than memory can be passed through.
/// </summary>
public abstract class PointCloudReader : IDisposable
{
    private readonly List<PointLoss> _losses = [];

    /// <summary>
    /// Opens a file as the format that its content shows, whatever its name says. A member of an archive is opened by its address,
    /// <c>archive.zip!/cloud.laz</c> (see <see cref="ArchiveMembers"/>), an archive that holds but one cloud as this cloud, a
    /// folder of Parquet parts as one cloud.
    /// </summary>
    /// <exception cref="PointCloudException">The content is of no known format, damaged, or not supported.</exception>
    /// <exception cref="IOException">The file cannot be opened (<see cref="FileNotFoundException"/> where it is absent).</exception>
    public static PointCloudReader Open(string path, PointReadOptions? options = null)
    {
        string file = ArchiveMembers.FileOf(path);
        if (Directory.Exists(file)) return new ParquetPointReader(file);
        FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 4096, FileOptions.SequentialScan);
        return Open(stream, file, ArchiveMembers.RestOf(path, file), options ?? PointReadOptions.Default);
    }

    /// <summary>Opens a cloud from a stream, which is closed with the reader (also where this throws).</summary>
    /// <param name="stream">The file's bytes from position 0 on. Of a stream that cannot seek LAS and LAZ are read; see <see cref="LasReader"/>.</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="options">How to read; by default <see cref="PointReadOptions.Default"/>.</param>
    /// <exception cref="PointCloudException">The content is of no known format, damaged, or not supported.</exception>
    public static PointCloudReader Open(Stream stream, string path, PointReadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(path);
        options ??= PointReadOptions.Default;
        return stream.CanSeek ? OpenMember(stream, path, "", options) : OpenForward(new ForwardStream(stream), path, options);
    }

    /// <summary>Opens a member of an archive in a stream, which is closed with the reader (also where this throws).</summary>
    /// <param name="stream">The archive's bytes from position 0 on; seekable.</param>
    /// <param name="path">The archive's name in messages.</param>
    /// <param name="member">What its address says behind the archive and <c>!/</c>; empty for its only cloud, or a file that is no archive.</param>
    /// <param name="options">How to read.</param>
    /// <exception cref="PointCloudException">The content is of no known format, damaged, or not supported.</exception>
    /// <exception cref="FileNotFoundException">There is no such member.</exception>
    public static PointCloudReader OpenMember(Stream stream, string path, string member, PointReadOptions options)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(member);
        ArgumentNullException.ThrowIfNull(options);
        return Open(stream, path, member, options);
    }

    /// <summary>What is known of the cloud before its points are decoded.</summary>
    public abstract PointCloudHeader Header { get; }

    /// <summary>Points not yet read.</summary>
    public abstract long Remaining { get; }

    /// <summary>
    /// Position in the file of the first point that the latest <see cref="Read"/> appended; those it appended follow one another there.
    /// Without losses it is the number of points read before.
    /// </summary>
    public long FirstIndex { get; protected set; }

    /// <summary>What was lost so far, in file order; empty unless <see cref="CorruptChunks.Skip"/> was asked for.</summary>
    public IReadOnlyList<PointLoss> Losses => _losses;

    /// <summary>
    /// Appends at most <paramref name="maxPoints"/> points to <paramref name="columns"/>, growing it as needed. Fills the attributes
    /// that <see cref="PointColumns.Attributes"/> asks for; those that the source lacks are filled with zeros.
    /// </summary>
    /// <returns>The number of points appended, which may be fewer than there is room for; 0 only at the end of the cloud.</returns>
    /// <exception cref="InvalidPointCloudException">The content is truncated or corrupt.</exception>
    /// <exception cref="InvalidOperationException">
    /// More attributes are asked for than by the read before, in the middle of what was decoded without them. Ask for the same from the first read on.
    /// </exception>
    public abstract int Read(PointColumns columns, int maxPoints);

    /// <summary>Releases the source.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the source.</summary>
    protected abstract void Dispose(bool disposing);

    /// <summary>Notes points that are skipped.</summary>
    protected void AddLoss(PointLoss loss) => _losses.Add(loss);

    private static PointCloudReader OpenForward(ForwardStream stream, string path, PointReadOptions options)
    {
        try
        {
            return PointFormatDetector.Detect(stream, path) switch
            {
                "las" or "laz" => new LasReader(stream, path, options),
                var format => throw new UnsupportedPointCloudException(path, 0, $"a {format} file from a source that can only be read forward; save it as a file first."),
            };
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private static PointCloudReader Open(Stream outermost, string file, string member, PointReadOptions options)
    {
        (Stream stream, string path) = ArchiveMembers.Descend(outermost, file, member, options.Archives);
        try
        {
            PointCloudReader reader = PointFormatDetector.Detect(stream, path) switch
            {
                "las" or "laz" => new LasReader(stream, path, options),
                "e57" => new E57Reader(stream, path, options),
                "parquet" => new ParquetPointReader(stream, path),
                "npy" => new NpyReader(stream, path, options),
                "pcd" => new PcdReader(stream, path, options),
                "ply" => new PlyReader(stream, path, options),
                "text" => new TextPointReader(stream, path, options),
                var format => throw new UnsupportedPointCloudException(path, 0, $"a {format} file, which cannot be read."),
            };
            string which = NpzCloud.IsNpz(file) ? "the array of the archive that is read" : "the only cloud of the archive";
            if (member.Length == 0 && path.Length > file.Length) reader.Header.Remarks = [$"{which}: {path}", .. reader.Header.Remarks];
            if (PointFormatDetector.Disagreement(path, reader.Header.Format) is { } remark) reader.Header.Remarks = [remark, .. reader.Header.Remarks];
            return reader;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }
}
