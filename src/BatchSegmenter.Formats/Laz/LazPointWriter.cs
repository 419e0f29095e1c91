using System.Buffers;
using System.Buffers.Binary;

namespace BatchSegmenter.Formats.Laz;

/// <summary>
/// Compresses LAS records into the point data of a LAZ file, the counterpart of <see cref="LazPointReader"/>. Chunks can be encoded side
/// by side; the bytes are the same however many cores there are. Holds the records and the bytes of one chunk per core.
/// </summary>
internal sealed class LazPointWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly LazVlr _vlr;
    private readonly Slot[] _slots;
    private readonly List<(uint Bytes, uint Points)> _chunks = [];
    private readonly long _start;
    private readonly long _position;
    private readonly long _chunkBytes;
    private long _written;
    private int _current;

    /// <summary>Starts the point data.</summary>
    /// <param name="stream">
    /// Positioned where the point data starts; not disposed. Where it cannot seek, the place of the chunk table is written behind the table.
    /// </param>
    /// <param name="vlr">How points are stored: compressor 2 or 3.</param>
    /// <param name="position">Byte of the file that the point data starts at.</param>
    /// <param name="cores">Threads that encode, this one included; at least 1.</param>
    public LazPointWriter(Stream stream, LazVlr vlr, long position, int cores = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(cores, 1);
        _stream = stream;
        _vlr = vlr;
        _start = stream.CanSeek ? stream.Position : -1;
        _position = position;
        _chunkBytes = vlr.ChunkSize == LazVlr.VariableChunkSize ? long.MaxValue : (long)vlr.ChunkSize * vlr.RecordLength;
        _slots = new Slot[cores];
        for (int i = 0; i < cores; i++) _slots[i] = new Slot();
        Span<byte> tableOffset = stackalloc byte[8];
        tableOffset.Fill(0xFF);
        stream.Write(tableOffset);
        _written = tableOffset.Length;
    }

    /// <summary>Bytes of the point data so far; all of them after <see cref="Complete"/>.</summary>
    public long Length => _written;

    /// <summary>Appends whole records.</summary>
    public void Write(ReadOnlySpan<byte> records)
    {
        while (!records.IsEmpty)
        {
            Slot slot = _slots[_current];
            int length = (int)Math.Min(records.Length, _chunkBytes - slot.Length);
            slot.Append(records[..length]);
            if (slot.Length == _chunkBytes) EndChunk();
            records = records[length..];
        }
    }

    /// <summary>Ends a chunk; for chunks of different size. Nothing happens where it has no record.</summary>
    public void EndChunk()
    {
        Slot slot = _slots[_current];
        if (slot.Length == 0) return;
        slot.Encode(_vlr, aside: _slots.Length > 1);
        _current = (_current + 1) % _slots.Length;
        WriteOut(_slots[_current]);
    }

    /// <summary>Ends the last chunk and writes the chunk table.</summary>
    public void Complete()
    {
        EndChunk();
        for (int i = 0; i < _slots.Length; i++) WriteOut(_slots[(_current + i) % _slots.Length]);
        Span<byte> tableOffset = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(tableOffset, _position + _written);
        if (_start >= 0)
        {
            long table = _stream.Position;
            _stream.Position = _start;
            _stream.Write(tableOffset);
            _stream.Position = table;
        }

        _written += ChunkTableWriter.Write(_stream, _chunks, _vlr.ChunkSize == LazVlr.VariableChunkSize);
        if (_start >= 0) return;
        _stream.Write(tableOffset);
        _written += tableOffset.Length;
    }

    /// <summary>Gives the buffers back, once no chunk is being encoded any more.</summary>
    public void Dispose()
    {
        foreach (Slot slot in _slots) slot.Dispose();
    }

    private void WriteOut(Slot slot)
    {
        if (slot.Length == 0) return;
        uint points = (uint)(slot.Length / _vlr.RecordLength);
        long bytes = slot.WriteTo(_stream);
        _chunks.Add((checked((uint)bytes), points));
        _written += bytes;
    }

    /// <summary>A chunk being filled or encoded.</summary>
    private sealed class Slot : IDisposable
    {
        private const int FirstCapacity = 1 << 16;

        private byte[] _records = [];
        private ChunkEncoder? _encoder;
        private Task? _encoding;

        /// <summary>Bytes of the chunk's records; 0 where there is no chunk.</summary>
        public int Length { get; private set; }

        public void Append(ReadOnlySpan<byte> records)
        {
            int length = checked(Length + records.Length);
            if (length > _records.Length) Grow(length);
            records.CopyTo(_records.AsSpan(Length));
            Length = length;
        }

        public void Encode(LazVlr vlr, bool aside)
        {
            _encoder ??= ChunkEncoder.Create(vlr);
            if (aside) _encoding = Task.Run(() => _encoder.Encode(_records.AsSpan(0, Length)));
            else _encoder.Encode(_records.AsSpan(0, Length));
        }

        public long WriteTo(Stream stream)
        {
            _encoding?.GetAwaiter().GetResult();
            _encoding = null;
            Length = 0;
            return _encoder!.WriteTo(stream);
        }

        public void Dispose()
        {
            _encoding?.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
            if (_records.Length != 0) ArrayPool<byte>.Shared.Return(_records);
            _records = [];
            Length = 0;
        }

        private void Grow(int length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(2L * _records.Length, Math.Max(length, FirstCapacity), Array.MaxLength));
            _records.AsSpan(0, Length).CopyTo(larger);
            if (_records.Length != 0) ArrayPool<byte>.Shared.Return(_records);
            _records = larger;
        }
    }
}
