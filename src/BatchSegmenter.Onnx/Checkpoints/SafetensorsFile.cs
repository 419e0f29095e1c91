using System.Buffers.Binary;
using System.Text.Json;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Checkpoints;

/// <summary>
/// The content of a safetensors file: named tensors and a map of strings. The header is not
/// trusted: every length is checked against the bytes that are there before anything is made of it.
/// </summary>
public sealed class SafetensorsFile
{
    private SafetensorsFile(string path, IReadOnlyDictionary<string, string> metadata, IReadOnlyDictionary<string, SafetensorsTensor> tensors)
    {
        Path = path;
        Metadata = metadata;
        Tensors = tensors;
    }

    /// <summary>The file, or the name of the stream.</summary>
    public string Path { get; }

    /// <summary>The strings of <c>__metadata__</c>; empty where there is none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name, in the order of their bytes.</summary>
    public IReadOnlyDictionary<string, SafetensorsTensor> Tensors { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidCheckpointException">The content breaks the format, or a tensor is of a type that is not read here.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static SafetensorsFile Read(string path) => Read(File.ReadAllBytes(path), path);

    /// <summary>Reads the bytes of a file or frame; the tensors refer to them without a copy.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">What to call it in an error.</param>
    /// <exception cref="InvalidCheckpointException">The content breaks the format, or a tensor is of a type that is not read here.</exception>
    public static SafetensorsFile Read(ReadOnlyMemory<byte> bytes, string path)
    {
        if (bytes.Length < SafetensorsFormat.PrefixLength)
            throw new InvalidCheckpointException(path, $"{bytes.Length} bytes are too few for a safetensors file, which begins with 8 bytes of header length");
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span);
        int rest = bytes.Length - SafetensorsFormat.PrefixLength;
        if (headerLength > (ulong)Math.Min(rest, SafetensorsFormat.MaximumHeaderLength))
            throw new InvalidCheckpointException(
                path, $"the header claims {headerLength} bytes, but {rest} follow (and {SafetensorsFormat.MaximumHeaderLength} are allowed); not a safetensors file, or cut short");
        ReadOnlyMemory<byte> header = bytes.Slice(SafetensorsFormat.PrefixLength, (int)headerLength);
        ReadOnlyMemory<byte> content = bytes[(SafetensorsFormat.PrefixLength + (int)headerLength)..];
        try
        {
            using JsonDocument document = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Read(document.RootElement, content, path);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            // InvalidOperationException is how JsonElement says "another kind of value than asked for".
            throw new InvalidCheckpointException(path, $"its header is no valid safetensors header: {fault.Message}", fault);
        }
    }

    private static SafetensorsFile Read(JsonElement header, ReadOnlyMemory<byte> content, string path)
    {
        Dictionary<string, string> metadata = [];
        List<(long Begin, long End, SafetensorsTensor Tensor)> tensors = [];
        foreach (JsonProperty property in header.EnumerateObject())
        {
            if (property.NameEquals(SafetensorsFormat.Metadata))
            {
                foreach (JsonProperty entry in property.Value.EnumerateObject())
                    metadata[entry.Name] = entry.Value.GetString() ?? throw new JsonException($"{entry.Name} in {SafetensorsFormat.Metadata} is null");
                continue;
            }
            tensors.Add(Tensor(property, content, path));
        }

        tensors.Sort((a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        long position = 0;
        foreach ((long begin, long end, SafetensorsTensor tensor) in tensors)
        {
            if (begin != position)
                throw new InvalidCheckpointException(path, $"tensor {tensor.Name} begins at byte {begin} of the data, but the one before ends at {position}");
            position = end;
        }
        if (position != content.Length)
            throw new InvalidCheckpointException(path, $"{content.Length} bytes of data follow the header, but its tensors cover {position}");
        return new SafetensorsFile(path, metadata, tensors.ToDictionary(it => it.Tensor.Name, it => it.Tensor));
    }

    private static (long Begin, long End, SafetensorsTensor Tensor) Tensor(JsonProperty property, ReadOnlyMemory<byte> content, string path)
    {
        JsonElement entry = property.Value;
        string? typeName = entry.GetProperty("dtype").GetString();
        ElementType type = SafetensorsFormat.Parse(typeName)
            ?? throw new InvalidCheckpointException(path, $"tensor {property.Name} is of type {typeName}; F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL are read");
        long[] shape = [.. entry.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt64())];
        long[] range = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64())];
        if (range.Length != 2 || range[0] < 0 || range[1] < range[0] || range[1] > content.Length)
            throw new InvalidCheckpointException(
                path, $"tensor {property.Name} claims bytes [{string.Join(", ", range)}] of {content.Length} bytes of data; the file is damaged or cut short");

        Int128 expected = ElementConversion.Size(type);
        foreach (long extent in shape)
        {
            if (extent < 0) throw new InvalidCheckpointException(path, $"tensor {property.Name} has an extent of {extent}");
            expected = Int128.Min(expected * extent, long.MaxValue);
        }
        long length = range[1] - range[0];
        if (expected != length)
            throw new InvalidCheckpointException(
                path, $"tensor {property.Name} has {length} bytes, but {typeName} of shape [{string.Join(", ", shape)}] takes {expected}");
        return (range[0], range[1], new SafetensorsTensor(property.Name, type, shape, content.Slice((int)range[0], (int)length)));
    }
}
