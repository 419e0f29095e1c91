using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Formats.Text;

namespace BatchSegmenter.Formats;

/// <summary>How a point cloud is read.</summary>
public sealed record PointReadOptions
{
    /// <summary>Every default.</summary>
    public static PointReadOptions Default { get; } = new();

    /// <summary>What happens to a file of which a part cannot be decoded.</summary>
    /// <value>Default: <see cref="Formats.CorruptChunks.Refuse"/>.</value>
    public CorruptChunks CorruptChunks { get; init; } = CorruptChunks.Refuse;

    /// <summary>Threads that decode chunks ahead of the caller; 1 decodes on the caller's thread. What is read does not depend on it.</summary>
    /// <value>Default: 1.</value>
    public int Cores { get; init; } = 1;

    /// <summary>What an archive that holds the cloud may ask for.</summary>
    /// <value>Default: <see cref="ArchiveLimits.Default"/>.</value>
    public ArchiveLimits Archives { get; init; } = ArchiveLimits.Default;

    /// <summary>How a text of points is to be read; null detects it.</summary>
    /// <value>Default: null.</value>
    public TextLayout? Text { get; init; }
}

/// <summary>What happens to a file of which a part cannot be decoded.</summary>
public enum CorruptChunks
{
    /// <summary>The file is refused with an <see cref="InvalidPointCloudException"/>.</summary>
    Refuse,

    /// <summary>The parts that can be decoded are read; the others are told by <see cref="PointCloudReader.Losses"/>.</summary>
    Skip,
}

/// <summary>Points of a file that could not be decoded and were skipped.</summary>
/// <param name="Chunk">Number of the chunk, from 0; null where the format has none.</param>
/// <param name="Offset">Byte offset of the damaged part within the file.</param>
/// <param name="Length">Its bytes; 0 where the file ends before it.</param>
/// <param name="FirstPoint">Position in the file of the first point lost.</param>
/// <param name="Points">Points lost.</param>
/// <param name="Problem">What was found and what was expected.</param>
public sealed record PointLoss(long? Chunk, long Offset, long Length, long FirstPoint, long Points, string Problem);
