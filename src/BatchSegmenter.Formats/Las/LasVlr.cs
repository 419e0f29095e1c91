using System.Buffers.Binary;
using System.Text;

namespace BatchSegmenter.Formats.Las;

/// <summary>A variable length record, or an extended one (EVLR), of a LAS file.</summary>
public sealed class LasVlr
{
    internal const int HeaderLength = 54;
    internal const int ExtendedHeaderLength = 60;

    /// <summary>Payloads of extended records up to this length are kept; longer ones (waveforms) stay in the file.</summary>
    private const long MaxPayloadKept = 16 << 20;

    private readonly byte[] _header;

    private LasVlr(byte[] header, long offset, bool isExtended)
    {
        _header = header;
        UserId = TextOf(header.AsSpan(2, 16));
        RecordId = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(18));
        int descriptionAt = isExtended ? 28 : 22;
        Description = TextOf(header.AsSpan(descriptionAt, 32));
        PayloadLength = isExtended
            ? BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(20)) is var length && length <= long.MaxValue ? (long)length : long.MaxValue
            : BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(20));
        Offset = offset;
        IsExtended = isExtended;
    }

    /// <summary>Whose record it is, such as <c>LASF_Projection</c>.</summary>
    public string UserId { get; }

    /// <summary>The kind of record, unique within <see cref="UserId"/>.</summary>
    public ushort RecordId { get; }

    /// <summary>Free text of at most 32 characters.</summary>
    public string Description { get; }

    /// <summary>Byte offset of the record's header within the file.</summary>
    public long Offset { get; }

    /// <summary>Whether it stands behind the point data, with a 64-bit length.</summary>
    public bool IsExtended { get; }

    /// <summary>Bytes that follow the record's header.</summary>
    public long PayloadLength { get; }

    /// <summary>Byte offset of the payload within the file.</summary>
    public long PayloadOffset => Offset + (IsExtended ? ExtendedHeaderLength : HeaderLength);

    /// <summary>Byte offset of what follows the record.</summary>
    public long End => PayloadOffset + PayloadLength;

    /// <summary>The payload; empty for an extended record of more than 16 MiB, which stays in the file.</summary>
    public ReadOnlyMemory<byte> Payload { get; private set; }

    /// <summary>Makes a record to be written in front of the points.</summary>
    /// <param name="userId">At most 16 characters.</param>
    /// <param name="recordId">The kind of record, unique within the user id.</param>
    /// <param name="description">At most 32 characters.</param>
    /// <param name="payload">At most 65535 bytes.</param>
    public static LasVlr Create(string userId, ushort recordId, string description, byte[] payload)
    {
        ArgumentNullException.ThrowIfNull(payload);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, ushort.MaxValue, nameof(payload));
        byte[] header = new byte[HeaderLength];
        WriteText(header.AsSpan(2, 16), userId);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(18), recordId);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(20), (ushort)payload.Length);
        WriteText(header.AsSpan(22, 32), description);
        return new LasVlr(header, 0, isExtended: false) { Payload = payload };
    }

    /// <summary>The record as it stands in front of the points, header included.</summary>
    internal byte[] ToBytes() => [.. _header, .. Payload.Span];

    /// <summary>The record (one that stands in front of the points) with another payload.</summary>
    internal LasVlr WithPayload(byte[] payload)
    {
        byte[] header = [.. _header];
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(20), checked((ushort)payload.Length));
        return new LasVlr(header, Offset, isExtended: false) { Payload = payload };
    }

    internal bool Is(string userId, int recordId) => RecordId == recordId && UserId == userId;

    /// <summary>
    /// Reads the records between <paramref name="offset"/> and <paramref name="end"/>. A count that promises more than fits ends
    /// the list early: bytes that are no record stay in the file, and the points do not depend on them.
    /// </summary>
    internal static List<LasVlr> ReadAll(Stream stream, long offset, long end, uint count, bool isExtended)
    {
        List<LasVlr> records = [];
        int headerLength = isExtended ? ExtendedHeaderLength : HeaderLength;
        while (records.Count < count && offset >= 0 && offset <= end - headerLength)
        {
            byte[] header = new byte[headerLength];
            stream.Position = offset;
            stream.ReadExactly(header);
            LasVlr record = new(header, offset, isExtended);
            if (record.PayloadLength > end - record.PayloadOffset) break;
            if (!isExtended || record.PayloadLength <= MaxPayloadKept)
            {
                byte[] payload = new byte[record.PayloadLength];
                stream.ReadExactly(payload);
                record.Payload = payload;
            }

            records.Add(record);
            offset = record.End;
        }

        return records;
    }

    /// <summary>Text of a fixed field: up to the first zero byte, without trailing blanks.</summary>
    internal static string TextOf(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]).TrimEnd();
    }

    /// <summary>Writes text into a fixed field, zero-padded; what does not fit, or is not Latin, is cut or replaced.</summary>
    internal static void WriteText(Span<byte> field, string text)
    {
        field.Clear();
        Encoding.Latin1.GetBytes(text.AsSpan(0, Math.Min(text.Length, field.Length)), field);
    }
}
