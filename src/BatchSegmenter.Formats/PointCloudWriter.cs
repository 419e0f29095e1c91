namespace BatchSegmenter.Formats;

/// <summary>Writes the points of one cloud, forward, in constant memory. A file is whole once <see cref="Complete"/> has returned.</summary>
public abstract class PointCloudWriter : IDisposable
{
    /// <summary>Points written so far.</summary>
    public long PointCount { get; protected set; }

    /// <summary>Appends all points of <paramref name="columns"/>; attributes that the format lacks are left out.</summary>
    /// <param name="columns">The next points; every run has the same attributes.</param>
    /// <exception cref="ArgumentException">A value cannot be held by the format.</exception>
    public abstract void Write(PointColumns columns);

    /// <summary>Writes what is known only now: counts, bounds, tables. Nothing can be written after it.</summary>
    public abstract void Complete();

    /// <summary>Releases buffers, and the destination unless it was to be left open.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases buffers, and the destination unless it was to be left open.</summary>
    protected abstract void Dispose(bool disposing);
}
