using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Checkpoints;

/// <summary>
/// Writes safetensors to a stream, as a file or as one frame of a stream of frames (an unsigned 64-bit length, then the
/// bytes of a file). Tensors are handed in as memory that must stay unchanged until it is written; their bytes go to
/// the stream without a copy. One writer serves any number of frames: <see cref="Clear"/> in between.
/// </summary>
public sealed class SafetensorsWriter
{
    private static readonly JsonWriterOptions HeaderOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<(string Key, string Text)> _metadata = [];
    private readonly List<Entry> _entries = [];
    private readonly ArrayBufferWriter<byte> _header = new(4096);

    /// <summary>Adds a string of <c>__metadata__</c>.</summary>
    public SafetensorsWriter Metadata(string key, string text)
    {
        _metadata.Add((key, text));
        return this;
    }

    /// <summary>Adds a float32 tensor.</summary>
    /// <param name="name">Unique within the file.</param>
    /// <param name="values">Row-major elements.</param>
    /// <param name="shape">Extents; their product is the number of elements.</param>
    /// <exception cref="ArgumentException">Shape and number of elements disagree.</exception>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<float> values, params ReadOnlySpan<long> shape) =>
        Add(new Entry(name, ElementType.Float32, shape.ToArray(), values.Length) { Floats = values });

    /// <summary>Adds an int32 tensor.</summary>
    /// <inheritdoc cref="Add(string, ReadOnlyMemory{float}, ReadOnlySpan{long})"/>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<int> values, params ReadOnlySpan<long> shape) =>
        Add(new Entry(name, ElementType.Int32, shape.ToArray(), values.Length) { Ints = values });

    /// <summary>Adds an int64 tensor.</summary>
    /// <inheritdoc cref="Add(string, ReadOnlyMemory{float}, ReadOnlySpan{long})"/>
    public SafetensorsWriter Add(string name, ReadOnlyMemory<long> values, params ReadOnlySpan<long> shape) =>
        Add(new Entry(name, ElementType.Int64, shape.ToArray(), values.Length) { Longs = values });

    /// <summary>Forgets all tensors and metadata.</summary>
    public void Clear()
    {
        _metadata.Clear();
        _entries.Clear();
    }

    /// <summary>Writes one file.</summary>
    /// <exception cref="IOException">The stream failed.</exception>
    public void WriteTo(Stream stream) => Write(stream, asFrame: false);

    /// <summary>Writes one frame: the length of the file that follows (unsigned 64 bits, little-endian), then the file.</summary>
    /// <exception cref="IOException">The stream failed, or its reader is gone.</exception>
    public void WriteFrame(Stream stream) => Write(stream, asFrame: true);

    private SafetensorsWriter Add(in Entry entry)
    {
        long count = 1;
        foreach (long extent in entry.Shape) count = checked(count * extent);
        if (count != entry.Count)
            throw new ArgumentException($"Tensor {entry.Name} has {entry.Count} elements, but its shape [{string.Join(", ", entry.Shape)}] asks for {count}.");
        _entries.Add(entry);
        return this;
    }

    private void Write(Stream stream, bool asFrame)
    {
        long contentLength = BuildHeader();
        // The header is padded with spaces so that the tensors begin at a multiple of eight bytes.
        int padded = (_header.WrittenCount + 7) & ~7;
        Span<byte> prefix = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)(SafetensorsFormat.PrefixLength + padded + contentLength));
        BinaryPrimitives.WriteUInt64LittleEndian(prefix[8..], (ulong)padded);
        stream.Write(asFrame ? prefix : prefix[8..]);
        _header.Write("        "u8[..(padded - _header.WrittenCount)]);
        stream.Write(_header.WrittenSpan);
        foreach (Entry entry in _entries) stream.Write(entry.Bytes);
    }

    private long BuildHeader()
    {
        _header.ResetWrittenCount();
        using Utf8JsonWriter json = new(_header, HeaderOptions);
        json.WriteStartObject();
        if (_metadata.Count > 0)
        {
            json.WriteStartObject(SafetensorsFormat.Metadata);
            foreach ((string key, string text) in _metadata) json.WriteString(key, text);
            json.WriteEndObject();
        }
        long offset = 0;
        foreach (Entry entry in _entries)
        {
            json.WriteStartObject(entry.Name);
            json.WriteString("dtype", SafetensorsFormat.Name(entry.Type));
            json.WriteStartArray("shape");
            foreach (long extent in entry.Shape) json.WriteNumberValue(extent);
            json.WriteEndArray();
            json.WriteStartArray("data_offsets");
            json.WriteNumberValue(offset);
            json.WriteNumberValue(offset += entry.Bytes.Length);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.Flush();
        return offset;
    }

    private readonly record struct Entry(string Name, ElementType Type, long[] Shape, int Count)
    {
        public ReadOnlyMemory<float> Floats { get; init; }

        public ReadOnlyMemory<int> Ints { get; init; }

        public ReadOnlyMemory<long> Longs { get; init; }

        public ReadOnlySpan<byte> Bytes => Type switch
        {
            ElementType.Float32 => MemoryMarshal.AsBytes(Floats.Span),
            ElementType.Int32 => MemoryMarshal.AsBytes(Ints.Span),
            _ => MemoryMarshal.AsBytes(Longs.Span),
        };
    }
}
