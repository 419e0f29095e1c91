namespace BatchSegmenter.Formats.Las;

/// <summary>Turns LAS or LAZ into LAS or LAZ, of the same or of another point format and version.</summary>
public static class LasTranslation
{
    private const int RunPoints = 4096;
    private const int WaveformBits = 2 | 4;

    /// <summary>
    /// Writes <paramref name="source"/> to <paramref name="destination"/>. With the source's own point format and version every byte
    /// but the compression's comes back, waveforms too. With another the points are packed anew: header fields, variable length records and extra
    /// bytes are carried over, waveforms are not.
    /// </summary>
    /// <param name="source">The source, of which no point has been read; it stays open.</param>
    /// <param name="destination">A seekable stream, left open.</param>
    /// <param name="pointFormat">0–3 or 6–8; null for the source's.</param>
    /// <param name="versionMinor">2–4; null for the source's, or the nearest that can be written and holds the point format.</param>
    /// <param name="compressed">Whether to write LAZ, in chunks of 50,000 points.</param>
    /// <param name="cores">Threads that compress, the caller's included; at least 1. The file does not depend on it.</param>
    /// <param name="progress">Told of the points written so far.</param>
    /// <param name="cancellation">Ends the translation early; what was written is no complete file.</param>
    /// <exception cref="ArgumentException">Version and point format contradict each other, or cannot be written.</exception>
    /// <exception cref="UnsupportedPointCloudException">A class code does not fit the point format.</exception>
    /// <exception cref="InvalidPointCloudException">The source is truncated or corrupt.</exception>
    public static void Translate(
        LasReader source, Stream destination, int? pointFormat = null, int? versionMinor = null, bool compressed = false, int cores = 1,
        IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        LasHeader las = source.Las;
        if ((pointFormat ?? las.PointFormat) == las.PointFormat && (versionMinor ?? las.VersionMinor) == las.VersionMinor)
        {
            using LasRelabeller copy = new(source, destination, withConfidence: false, compressed, cores);
            while (source.Remaining > 0)
            {
                cancellation.ThrowIfCancellationRequested();
                copy.WriteUnchanged((int)Math.Min(RunPoints, source.Remaining));
                progress?.Report(copy.Written);
            }

            copy.Complete();
            return;
        }

        int format = pointFormat ?? las.PointFormat;
        LasWriterOptions options = new()
        {
            PointFormat = format,
            VersionMinor = versionMinor ?? (format >= 6 ? 4 : Math.Clamp(las.VersionMinor, 2, 4)),
            Compressed = compressed,
            Cores = cores,
            Scale = las.Scale,
            Offset = las.Offset,
            Vlrs = [.. source.Vlrs.Where(vlr => vlr.UserId is not ("laszip encoded" or "copc"))],
            Evlrs = [.. source.Evlrs.Where(vlr => vlr.UserId != "copc" && !vlr.Is("LASF_Spec", 65535) && vlr.Payload.Length == vlr.PayloadLength)],
            ExtraBytesLength = las.RecordLength - source.Format.Length,
            FileSourceId = las.FileSourceId,
            GlobalEncoding = (ushort)(las.GlobalEncoding & ~WaveformBits),
            ProjectId = las.ProjectId,
            SystemIdentifier = las.SystemIdentifier,
            GeneratingSoftware = las.GeneratingSoftware,
            CreationDayOfYear = las.CreationDayOfYear,
            CreationYear = las.CreationYear,
        };
        using LasWriter writer = new(destination, options, leaveOpen: true);
        Repack(source, writer, options.ExtraBytesLength, progress, cancellation);
    }

    private static void Repack(LasReader source, LasWriter writer, int extraLength, IProgress<long>? progress, CancellationToken cancellation)
    {
        LasHeader las = source.Las;
        byte[] records = new byte[RunPoints * las.RecordLength], extra = new byte[RunPoints * extraLength];
        PointColumns columns = new(RunPoints, source.Header.Attributes);
        for (int points; (points = source.ReadRecords(records)) > 0; columns.Count = 0)
        {
            cancellation.ThrowIfCancellationRequested();
            LasRecordUnpacker.Unpack(records, points, las, source.Format, columns);
            for (int i = 0; i < points; i++)
                records.AsSpan((i + 1) * las.RecordLength - extraLength, extraLength).CopyTo(extra.AsSpan(i * extraLength));
            try
            {
                writer.Write(columns, extra.AsSpan(0, points * extraLength));
            }
            catch (ArgumentException fault)
            {
                throw new UnsupportedPointCloudException(source.Path, null, fault.Message, fault);
            }

            progress?.Report(writer.PointCount);
        }
    }
}
