namespace BatchSegmenter.Formats.Las;

/// <summary>A <see cref="LasWriter"/> for clouds that have no extra bytes.</summary>
internal sealed class LasPointWriter(LasWriter las) : PointCloudWriter
{
    /// <inheritdoc/>
    public override void Write(PointColumns columns)
    {
        las.Write(columns);
        PointCount += columns.Count;
    }

    /// <inheritdoc/>
    public override void Complete() => las.Dispose();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) las.Dispose();
    }
}
