using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using BatchSegmenter.Formats.Laz;

namespace BatchSegmenter.Formats.Las;

/// <summary>
/// Writes a new LAS or LAZ file from columns, a run at a time in constant memory. Counts, bounds and returns are put into the header when
/// the writer is disposed.
/// </summary>
public sealed class LasWriter : IDisposable
{
    private const int RunBytes = 128 << 10;
    private const int WktBit = 16;

    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly LasWriterOptions _options;
    private readonly LasPointFormat _format;
    private readonly int _recordLength;
    private readonly byte[] _header;
    private readonly byte[] _records;
    private readonly LazPointWriter? _laz;
    private readonly LasRecordPacker.Statistics _statistics = new();
    private bool _disposed;

    /// <summary>Writes header and variable length records.</summary>
    /// <param name="destination">A seekable stream; the file starts at its position.</param>
    /// <param name="options">What the file is like; copied.</param>
    /// <param name="leaveOpen">Whether the stream stays open when the writer is disposed.</param>
    /// <exception cref="ArgumentException">The options contradict each other, or the stream cannot seek.</exception>
    public LasWriter(Stream destination, LasWriterOptions options, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(destination);
        ArgumentNullException.ThrowIfNull(options);
        if (!destination.CanSeek) throw new ArgumentException("The destination must be seekable: counts and bounds are written last.", nameof(destination));
        _format = FormatOf(options);
        _stream = destination;
        _leaveOpen = leaveOpen;
        _options = options;
        _recordLength = _format.Length + options.ExtraBytesLength;
        List<byte[]> vlrs = [.. options.Vlrs.Select(vlr => vlr.ToBytes())];
        if (options.Wkt is { Length: > 0 } wkt) vlrs.Add(LasVlr.Create("LASF_Projection", 2112, "WKT", [.. Encoding.UTF8.GetBytes(wkt), 0]).ToBytes());
        else if (options.Epsg is { } epsg) vlrs.Add(GeoKeys(epsg).ToBytes());
        LazVlr? laz = options.Compressed ? LazVlr.Create(options.PointFormat, options.ExtraBytesLength) : null;
        if (laz is not null) vlrs.Add(laz.ToRecord().ToBytes());
        _header = Header(options, _format, _recordLength, vlrs);
        _stream.Write(_header);
        foreach (byte[] vlr in vlrs) _stream.Write(vlr);
        if (laz is not null) _laz = new LazPointWriter(_stream, laz, PointDataOffset, options.Cores);
        _records = ArrayPool<byte>.Shared.Rent(Math.Max(RunBytes, _recordLength));
    }

    /// <summary>Points written so far.</summary>
    public long PointCount => _statistics.PointCount;

    private uint PointDataOffset => BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(96));

    /// <summary>
    /// Appends the points of <paramref name="columns"/>. Attributes that the point format lacks are left out, those that the columns
    /// lack are zeros (but return 1 of 1). Formats 0–3 hold return numbers up to 7 (more is written as 7) and no overlap flag.
    /// </summary>
    /// <param name="columns">The points.</param>
    /// <param name="extraBytes">The extra bytes of all points, one after another; zeros where empty.</param>
    /// <exception cref="ArgumentException">A coordinate does not fit the scale and offset, a class code does not fit the point format.</exception>
    public void Write(PointColumns columns, ReadOnlySpan<byte> extraBytes = default)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ObjectDisposedException.ThrowIf(_disposed, this);
        int extra = _options.ExtraBytesLength;
        if (!extraBytes.IsEmpty && extraBytes.Length != (long)columns.Count * extra)
            throw new ArgumentException($"{extraBytes.Length} extra bytes for {columns.Count} points of {extra} each.", nameof(extraBytes));
        int runPoints = Math.Max(1, RunBytes / _recordLength);
        for (int start = 0; start < columns.Count; start += runPoints)
        {
            int points = Math.Min(runPoints, columns.Count - start);
            Span<byte> records = _records.AsSpan(0, points * _recordLength);
            records.Clear();
            LasRecordPacker.Pack(columns, start, points, records, _recordLength, _format, _options.Scale, _options.Offset, _statistics);
            for (int i = 0; i < points && !extraBytes.IsEmpty; i++)
                extraBytes.Slice((start + i) * extra, extra).CopyTo(records[(i * _recordLength + _format.Length)..]);
            if (_laz is not null) _laz.Write(records);
            else _stream.Write(records);
        }
    }

    /// <summary>Completes the header and closes the stream (unless it was to be left open).</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        try
        {
            _laz?.Complete();
            long pointsEnd = PointDataOffset + (_laz?.Length ?? _statistics.PointCount * _recordLength);
            long start = _stream.Position - pointsEnd;
            CompleteHeader();
            WriteEvlrs(pointsEnd);
            long end = _stream.Position;
            _stream.Position = start;
            _stream.Write(_header);
            _stream.Position = end;
        }
        finally
        {
            _laz?.Dispose();
            ArrayPool<byte>.Shared.Return(_records);
            if (!_leaveOpen) _stream.Dispose();
        }
    }

    private void WriteEvlrs(long pointsEnd)
    {
        if (_options.VersionMinor < 4 || _options.Evlrs.Count == 0) return;
        foreach (LasVlr record in _options.Evlrs) _stream.Write(record.ToBytes());
        BinaryPrimitives.WriteInt64LittleEndian(_header.AsSpan(235), pointsEnd);
        BinaryPrimitives.WriteInt32LittleEndian(_header.AsSpan(243), _options.Evlrs.Count);
    }

    private void CompleteHeader()
    {
        long count = _statistics.PointCount;
        Span<byte> header = _header;
        // Formats 6 and up leave the 32-bit counts at 0, so that an old reader does not take the records for its own.
        if (!_format.IsExtended && count <= uint.MaxValue)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header[107..], (uint)count);
            for (int i = 0; i < 5; i++) BinaryPrimitives.WriteUInt32LittleEndian(header[(111 + 4 * i)..], (uint)_statistics.Returns[i + 1]);
        }

        if (_options.VersionMinor >= 4)
        {
            BinaryPrimitives.WriteInt64LittleEndian(header[247..], count);
            for (int i = 0; i < 15; i++) BinaryPrimitives.WriteInt64LittleEndian(header[(255 + 8 * i)..], _statistics.Returns[i + 1]);
        }

        if (count == 0) return;
        (double X, double Y, double Z) scale = _options.Scale, offset = _options.Offset;
        Bounds(header[179..], 0, scale.X, offset.X);
        Bounds(header[195..], 1, scale.Y, offset.Y);
        Bounds(header[211..], 2, scale.Z, offset.Z);
    }

    private void Bounds(Span<byte> field, int axis, double scale, double offset)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(field, _statistics.Max[axis] * scale + offset);
        BinaryPrimitives.WriteDoubleLittleEndian(field[8..], _statistics.Min[axis] * scale + offset);
    }

    private static LasPointFormat FormatOf(LasWriterOptions options)
    {
        if (options.VersionMinor is < 2 or > 4)
            throw new ArgumentException($"LAS version 1.{options.VersionMinor}; 1.2, 1.3 and 1.4 are written.", nameof(options));
        if (options.PointFormat is not (>= 0 and <= 3 or >= 6 and <= 8))
            throw new ArgumentException($"Point format {options.PointFormat}; formats 0-3 and 6-8 are written.", nameof(options));
        if (options.PointFormat >= 6 && options.VersionMinor < 4)
            throw new ArgumentException($"Point format {options.PointFormat} needs LAS 1.4; version 1.{options.VersionMinor} was asked for.", nameof(options));
        if (options.Cores < 1) throw new ArgumentException($"{options.Cores} cores; at least 1 was expected.", nameof(options));
        LasPointFormat format = LasPointFormat.Find(options.PointFormat)!;
        if (options.ExtraBytesLength < 0 || options.ExtraBytesLength > ushort.MaxValue - format.Length)
            throw new ArgumentException($"{options.ExtraBytesLength} extra bytes; 0 to {ushort.MaxValue - format.Length} fit a record.", nameof(options));
        foreach (double scale in (ReadOnlySpan<double>)[options.Scale.X, options.Scale.Y, options.Scale.Z])
            if (!(scale > 0 && double.IsFinite(scale))) throw new ArgumentException($"Scale {scale}; a positive number was expected.", nameof(options));
        return format;
    }

    private static byte[] Header(LasWriterOptions options, LasPointFormat format, int recordLength, List<byte[]> vlrs)
    {
        int size = options.VersionMinor switch { 4 => 375, 3 => 235, _ => LasHeader.MinLength };
        byte[] header = new byte[size];
        Span<byte> field = header;
        "LASF"u8.CopyTo(field);
        BinaryPrimitives.WriteUInt16LittleEndian(field[4..], options.FileSourceId);
        int encoding = options.Wkt is { Length: > 0 } || (options.GlobalEncoding & WktBit) != 0 ? options.GlobalEncoding | WktBit : options.GlobalEncoding;
        BinaryPrimitives.WriteUInt16LittleEndian(field[6..], (ushort)encoding);
        options.ProjectId.TryWriteBytes(field[8..]);
        field[24] = 1;
        field[25] = (byte)options.VersionMinor;
        LasVlr.WriteText(field.Slice(26, 32), options.SystemIdentifier);
        LasVlr.WriteText(field.Slice(58, 32), options.GeneratingSoftware);
        BinaryPrimitives.WriteUInt16LittleEndian(field[90..], options.CreationDayOfYear);
        BinaryPrimitives.WriteUInt16LittleEndian(field[92..], options.CreationYear);
        BinaryPrimitives.WriteUInt16LittleEndian(field[94..], (ushort)size);
        BinaryPrimitives.WriteUInt32LittleEndian(field[96..], (uint)(size + vlrs.Sum(vlr => (long)vlr.Length)));
        BinaryPrimitives.WriteUInt32LittleEndian(field[100..], (uint)vlrs.Count);
        field[104] = (byte)(format.Id | (options.Compressed ? LasHeader.CompressedBit : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(field[105..], (ushort)recordLength);
        double[] steps = [options.Scale.X, options.Scale.Y, options.Scale.Z, options.Offset.X, options.Offset.Y, options.Offset.Z];
        for (int i = 0; i < steps.Length; i++) BinaryPrimitives.WriteDoubleLittleEndian(field[(131 + 8 * i)..], steps[i]);
        return header;
    }

    /// <summary>A GeoTIFF key directory that names a projected system by its code (and its unit, where it is known).</summary>
    private static LasVlr GeoKeys(int epsg)
    {
        int unit = EpsgUnits.Find(epsg) switch { LengthUnits.UsSurveyFoot => 9003, LengthUnits.InternationalFoot => 9002, _ => 9001 };
        ushort[] keys = [1, 1, 0, 3, 1024, 0, 1, 1, 3072, 0, 1, (ushort)epsg, 3076, 0, 1, (ushort)unit];
        byte[] payload = new byte[2 * keys.Length];
        for (int i = 0; i < keys.Length; i++) BinaryPrimitives.WriteUInt16LittleEndian(payload.AsSpan(2 * i), keys[i]);
        return LasVlr.Create("LASF_Projection", 34735, "GeoTIFF keys", payload);
    }
}
