namespace BatchSegmenter.Formats;

/// <summary>
/// A point cloud could not be read. The three derived types answer who can act: the file is of no known format,
/// its content is damaged, or it uses a feature that this version does not read. Input/output failures keep the
/// platform's own <see cref="IOException"/>.
/// </summary>
public abstract class PointCloudException : Exception
{
    /// <param name="path">The file, or the name of the stream.</param>
    /// <param name="offset">Byte offset of the fault within the file, or null where none can be given.</param>
    /// <param name="problem">What was found, what was expected, the likely cause, what to do.</param>
    /// <param name="cause">The exception that led here, if any.</param>
    protected PointCloudException(string path, long? offset, string problem, Exception? cause = null)
        : base(offset is null ? $"{path}: {problem}" : $"{path} at byte {offset}: {problem}", cause)
    {
        Path = path;
        Offset = offset;
        Problem = problem;
    }

    /// <summary>The file, or the name of the stream.</summary>
    public string Path { get; }

    /// <summary>Byte offset of the fault within the file, or null.</summary>
    public long? Offset { get; }

    /// <summary>The message without path and offset.</summary>
    public string Problem { get; }
}

/// <summary>The bytes are of no format that is known here.</summary>
public sealed class UnknownPointCloudFormatException(string path, string problem, Exception? cause = null)
    : PointCloudException(path, 0, problem, cause);

/// <summary>The format is known, but the content breaks its rules: truncated, corrupt, or contradicting itself.</summary>
public sealed class InvalidPointCloudException(string path, long? offset, string problem, Exception? cause = null)
    : PointCloudException(path, offset, problem, cause);

/// <summary>The content is valid as far as can be told, but needs a feature that is not supported.</summary>
public sealed class UnsupportedPointCloudException(string path, long? offset, string problem, Exception? cause = null)
    : PointCloudException(path, offset, problem, cause);
