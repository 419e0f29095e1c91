using System.Buffers.Binary;
using BatchSegmenter.Onnx.Checkpoints.PyTorch;

namespace BatchSegmenter.Onnx.Checkpoints;

/// <summary>
/// The parameters of a trained network by name, from a PyTorch file (ZIP or legacy format) or a safetensors file; told
/// apart by content. The file is held in memory once; tensors are converted when they are asked for. README.md beside
/// this file says what is read and what is refused.
/// </summary>
public sealed class Checkpoint
{
    private static readonly string[] Prefixes = ["module.", "model."];

    private const int MostPrefixes = 4;

    internal Checkpoint(
        string path, IReadOnlyDictionary<string, CheckpointTensor> tensors, IReadOnlyDictionary<string, string> remarks, IReadOnlyDictionary<string, string> scalars)
    {
        Path = path;
        Tensors = tensors;
        Remarks = remarks;
        Scalars = scalars;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The tensors by name, in the order of the file.</summary>
    public IReadOnlyDictionary<string, CheckpointTensor> Tensors { get; }

    /// <summary>
    /// How the file was understood: <c>format</c> always; where it applies <c>taken from</c> (the key that the parameters
    /// stand under), <c>passed over</c> (other such keys), <c>stripped</c> (prefixes of all names), <c>no tensors</c>
    /// (entries among the parameters that are none).
    /// </summary>
    public IReadOnlyDictionary<string, string> Remarks { get; }

    /// <summary>
    /// Numbers (also tensors of one), truth values and short strings that stand beside the parameters, such as <c>epoch</c>; in a safetensors
    /// file its metadata. As text, independent of culture.
    /// </summary>
    public IReadOnlyDictionary<string, string> Scalars { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidCheckpointException">The content is damaged, cut short, or holds no parameters.</exception>
    /// <exception cref="UnsupportedCheckpointException">It is of another kind, or asks for something that is not read, which is named.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static Checkpoint Open(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: var length } && length > Array.MaxLength)
            throw new UnsupportedCheckpointException(path, $"{length} bytes; checkpoints of up to {Array.MaxLength} are read.");
        return Read(File.ReadAllBytes(path), path);
    }

    /// <summary>Reads the bytes of a file, which must stay unchanged as long as the checkpoint is used.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="path">What to call it in an error.</param>
    /// <exception cref="InvalidCheckpointException">The content is damaged, cut short, or holds no parameters.</exception>
    /// <exception cref="UnsupportedCheckpointException">It is of another kind, or asks for something that is not read, which is named.</exception>
    public static Checkpoint Read(ReadOnlyMemory<byte> file, string path)
    {
        ReadOnlySpan<byte> bytes = file.Span;
        // The length of a safetensors header may begin with any byte, also with those of a ZIP file or a pickle.
        if (SafetensorsFormat.Begins(bytes)) return Of(SafetensorsFile.Read(file, path));
        if (bytes.StartsWith("PK"u8)) return StateDictionary.Find(PyTorchZip.Read(file, path), path, "PyTorch ZIP");
        // A pickle begins with PROTO, or under protocols 0 and 1 with the magic number as text.
        if (bytes.Length > 0 && (bytes[0] == 0x80 || bytes.StartsWith("L119547037146038801333356L"u8))) return StateDictionary.Find(PyTorchLegacy.Read(file, path), path, "PyTorch legacy");
        if (bytes.Length > SafetensorsFormat.PrefixLength && bytes[SafetensorsFormat.PrefixLength] == (byte)'{') return Of(SafetensorsFile.Read(file, path));
        if (bytes.Length > 262 && bytes.Slice(257, 5).SequenceEqual("ustar"u8))
            throw new UnsupportedCheckpointException(path, "a tar file, the format of torch.save before PyTorch 0.1.10, which is not read; load it with PyTorch and save it again.");
        if (bytes.StartsWith("version https://git-lfs"u8))
            throw new UnsupportedCheckpointException(path, "a Git LFS pointer, not the file itself; fetch it with git lfs pull.");
        throw new UnsupportedCheckpointException(
            path,
            $"no checkpoint that is known; it begins with {(bytes.IsEmpty ? "nothing" : Convert.ToHexString(bytes[..Math.Min(8, bytes.Length)]))}, where a ZIP file or a pickle of torch.save, or a safetensors file, is expected.");
    }

    /// <summary>Strips <c>module.</c> and <c>model.</c> where all names begin with the same, a few times over, and remarks it.</summary>
    internal static Func<string, string> StripPrefixes(IReadOnlyList<string> names, Dictionary<string, string> remarks)
    {
        string stripped = "";
        for (int i = 0; i < MostPrefixes && names.Count > 0; i++)
        {
            stripped += Prefixes.FirstOrDefault(prefix => names.All(name =>
                name.Length > stripped.Length + prefix.Length && string.CompareOrdinal(name, stripped.Length, prefix, 0, prefix.Length) == 0));
        }
        if (stripped.Length > 0) remarks["stripped"] = stripped;
        return name => name[stripped.Length..];
    }

    /// <summary>The tensors of a safetensors file.</summary>
    /// <param name="file">Stays in use.</param>
    public static Checkpoint Of(SafetensorsFile file)
    {
        Dictionary<string, string> remarks = new() { ["format"] = "safetensors" };
        Func<string, string> strip = StripPrefixes([.. file.Tensors.Keys], remarks);
        OrderedDictionary<string, CheckpointTensor> tensors = new(file.Tensors.Count);
        foreach (SafetensorsTensor tensor in file.Tensors.Values)
        {
            long[] shape = [.. tensor.Shape];
            long[] strides = new long[shape.Length];
            long stride = 1;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                strides[axis] = stride;
                stride *= shape[axis];
            }
            CheckpointStorage storage = new(tensor.Type, tensor.Bytes.Length / ElementConversion.Size(tensor.Type), () => tensor.Bytes);
            tensors.Add(strip(tensor.Name), new CheckpointTensor(strip(tensor.Name), tensor.Type, storage, 0, shape, strides));
        }
        return new Checkpoint(file.Path, tensors, remarks, file.Metadata);
    }
}
