using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace BatchSegmenter.Onnx.Checkpoints.PyTorch;

/// <summary>
/// The entries of a ZIP file in memory. Stored entries, which is how PyTorch writes them, are slices of the file; deflated
/// ones are inflated when asked for.
/// </summary>
internal sealed class ZipDirectory
{
    private const int EndLength = 22;
    private const int LocatorLength = 20;
    private const int LongestComment = ushort.MaxValue;

    private readonly ReadOnlyMemory<byte> _file;
    private readonly string _path;
    private readonly Dictionary<string, Entry> _entries = [];

    /// <exception cref="InvalidCheckpointException">The directory is missing or breaks the rules.</exception>
    public ZipDirectory(ReadOnlyMemory<byte> file, string path)
    {
        _file = file;
        _path = path;
        ReadOnlySpan<byte> bytes = file.Span;
        int end = FindEnd(bytes);
        ulong count = U16(bytes, end + 10), length = U32(bytes, end + 12), start = U32(bytes, end + 16);
        if (end >= LocatorLength && U32(bytes, end - LocatorLength) == 0x07064b50)
        {
            ulong end64 = U64(bytes, end - LocatorLength + 8);
            if (end64 > (ulong)(end - LocatorLength) || (ulong)(end - LocatorLength) - end64 < 56 || U32(bytes, (int)end64) != 0x06064b50)
                throw Invalid(end - LocatorLength, "the ZIP64 directory is not where the file says");
            (count, length, start) = (U64(bytes, (int)end64 + 32), U64(bytes, (int)end64 + 40), U64(bytes, (int)end64 + 48));
        }
        if (start > (ulong)end || length > (ulong)end - start) throw Invalid(end, $"a directory of {length} bytes at byte {start}, but it must end before byte {end}");
        Read(bytes, (int)start, (int)(start + length), count);
    }

    /// <summary>Names, in the order of the directory.</summary>
    public IReadOnlyCollection<string> Names => _entries.Keys;

    /// <summary>The length of an entry's content; null where there is none of the name.</summary>
    public long? LengthOf(string name) => _entries.TryGetValue(name, out Entry entry) ? entry.Length : null;

    /// <summary>The content of an entry that is there.</summary>
    /// <exception cref="InvalidCheckpointException">It can't be inflated, or does not match its checksum.</exception>
    /// <exception cref="UnsupportedCheckpointException">It is encrypted, or packed in another way.</exception>
    public ReadOnlyMemory<byte> Read(string name)
    {
        Entry entry = _entries[name];
        if ((entry.Flags & 1) != 0) throw new UnsupportedCheckpointException(_path, $"{name} is encrypted; checkpoints are not.");
        ReadOnlyMemory<byte> packed = Packed(name, entry);
        ReadOnlyMemory<byte> content = entry.Method switch
        {
            0 when entry.Length == entry.PackedLength => packed,
            0 => throw Invalid(entry.Offset, $"{name} is stored in {entry.PackedLength} bytes, but said to have {entry.Length}"),
            8 => Inflate(name, packed, entry.Length),
            _ => throw new UnsupportedCheckpointException(_path, $"{name} is packed by method {entry.Method} of ZIP; stored and deflated entries are read."),
        };
        // Zero is what a writer leaves that computes no checksums.
        if (entry.Crc != 0 && Crc32.HashToUInt32(content.Span) is uint crc && crc != entry.Crc)
            throw Invalid(entry.Offset, $"{name} has the CRC-32 {crc:x8}, but {entry.Crc:x8} is written. The file is damaged (or was saved without checksums: torch.serialization.set_crc32_options)");
        return content;
    }

    private int FindEnd(ReadOnlySpan<byte> bytes)
    {
        int first = Math.Max(0, bytes.Length - EndLength - LongestComment);
        for (int at = bytes.Length - EndLength; at >= first; at--)
            if (U32(bytes, at) == 0x06054b50 && U16(bytes, at + 20) == (ulong)(bytes.Length - EndLength - at)) return at;
        throw Invalid(bytes.Length, "the directory that ends a ZIP file is missing. The file is cut short");
    }

    private void Read(ReadOnlySpan<byte> bytes, int at, int end, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            if (end - at < 46 || U32(bytes, at) != 0x02014b50) throw Invalid(at, $"entry {i} of {count} is missing in the directory");
            int nameLength = (int)U16(bytes, at + 28), extraLength = (int)U16(bytes, at + 30), commentLength = (int)U16(bytes, at + 32);
            if (end - at - 46 < nameLength + extraLength + commentLength) throw Invalid(at, $"entry {i} reaches beyond the directory");
            string name = Encoding.UTF8.GetString(bytes.Slice(at + 46, nameLength));
            ulong length = U32(bytes, at + 24), packed = U32(bytes, at + 20), offset = U32(bytes, at + 42);
            Widen(bytes.Slice(at + 46 + nameLength, extraLength), ref length, ref packed, ref offset);
            if (offset > (ulong)bytes.Length || packed > (ulong)bytes.Length || length > (ulong)Array.MaxLength)
                throw Invalid(at, $"{name} claims {packed} bytes ({length} when unpacked) at byte {offset}; the file has {bytes.Length}");
            Entry entry = new((int)offset, (int)packed, (int)length, (int)U16(bytes, at + 10), (int)U16(bytes, at + 8), (uint)U32(bytes, at + 16));
            if (!_entries.TryAdd(name, entry)) throw Invalid(at, $"{name} is there twice");
            at += 46 + nameLength + extraLength + commentLength;
        }
    }

    /// <summary>The 64-bit fields that stand in for those of 32 bits that are full, in this order.</summary>
    private static void Widen(ReadOnlySpan<byte> extra, ref ulong length, ref ulong packed, ref ulong offset)
    {
        while (extra.Length >= 4)
        {
            int size = Math.Min((int)U16(extra, 2), extra.Length - 4);
            if (U16(extra, 0) == 1)
            {
                ReadOnlySpan<byte> wide = extra.Slice(4, size);
                Take(ref wide, ref length);
                Take(ref wide, ref packed);
                Take(ref wide, ref offset);
                return;
            }
            extra = extra[(4 + size)..];
        }

        static void Take(ref ReadOnlySpan<byte> wide, ref ulong field)
        {
            if (field != uint.MaxValue || wide.Length < 8) return;
            field = U64(wide, 0);
            wide = wide[8..];
        }
    }

    private ReadOnlyMemory<byte> Packed(string name, Entry entry)
    {
        ReadOnlySpan<byte> bytes = _file.Span;
        if (bytes.Length - entry.Offset < 30 || U32(bytes, entry.Offset) != 0x04034b50) throw Invalid(entry.Offset, $"{name} does not begin where the directory says");
        int start = entry.Offset + 30 + (int)U16(bytes, entry.Offset + 26) + (int)U16(bytes, entry.Offset + 28);
        return start <= bytes.Length && entry.PackedLength <= bytes.Length - start
            ? _file.Slice(start, entry.PackedLength)
            : throw Invalid(entry.Offset, $"{name} claims {entry.PackedLength} bytes at byte {start}; the file has {bytes.Length}");
    }

    private ReadOnlyMemory<byte> Inflate(string name, ReadOnlyMemory<byte> packed, int length)
    {
        try
        {
            using MemoryStream source = new(packed.ToArray(), writable: false);
            using DeflateStream inflate = new(source, CompressionMode.Decompress);
            // Grows with what is there, not with what is claimed.
            using MemoryStream content = new(Math.Min(length, 1 << 20));
            byte[] buffer = new byte[1 << 16];
            for (int read; content.Length <= length && (read = inflate.Read(buffer)) > 0;) content.Write(buffer, 0, read);
            return content.Length == length ? content.GetBuffer().AsMemory(0, length) : throw new InvalidDataException($"{content.Length} bytes or more came out of it, but {length} are written");
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidCheckpointException(_path, $"{name} can't be inflated: {fault.Message}", fault);
        }
    }

    private InvalidCheckpointException Invalid(int offset, string found) => new(_path, $"byte {offset}: {found}.");

    private static ulong U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static ulong U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private readonly record struct Entry(int Offset, int PackedLength, int Length, int Method, int Flags, uint Crc);
}
