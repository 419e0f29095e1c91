using System.IO.Compression;
using System.Text;
using BatchSegmenter.Onnx.Checkpoints;

namespace BatchSegmenter.Onnx.Tests.Checkpoints;

/// <summary>Puts pickles and storages together as <c>torch.save</c> does.</summary>
internal static class TorchFiles
{
    public static readonly byte[] Magic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    public static byte[] Zip(byte[] pickle, params (string Key, byte[] Bytes)[] storages) => Zip("archive", CompressionLevel.NoCompression, pickle, null, storages);

    public static byte[] Zip(string folder, CompressionLevel level, byte[] pickle, string? byteOrder, params (string Key, byte[] Bytes)[] storages) =>
        ZipOf(level, [($"{folder}/data.pkl", pickle), .. byteOrder is null ? [] : new[] { ($"{folder}/byteorder", Encoding.ASCII.GetBytes(byteOrder)) }, .. storages.Select(storage => ($"{folder}/data/{storage.Key}", storage.Bytes))]);

    public static byte[] ZipOf(CompressionLevel level, params (string Name, byte[] Bytes)[] entries)
    {
        using MemoryStream file = new();
        using (ZipArchive zip = new(file, ZipArchiveMode.Create, leaveOpen: true))
            foreach ((string name, byte[] bytes) in entries)
            {
                using Stream entry = zip.CreateEntry(name, level).Open();
                entry.Write(bytes);
            }
        return file.ToArray();
    }

    public static byte[] Legacy(byte[] pickle, params (string Key, long Count, byte[] Bytes)[] storages)
    {
        PickleAssembler file = new PickleAssembler().Raw(Magic)
            .Protocol(2).Raw("M").Raw(0xe9, 3).Raw(".")
            .Protocol(2).Raw("}").Text("little_endian").Raw(0x88).Raw("s.")
            .Raw(pickle)
            .Protocol(2).Raw("](");
        foreach ((string key, _, _) in storages) file.Text(key);
        file.Raw("e.");
        foreach ((_, long count, byte[] bytes) in storages) file.Raw(BitConverter.GetBytes(count)).Raw(bytes);
        return file.Bytes;
    }

    public static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];

    public static Checkpoint Read(byte[] file) => Checkpoint.Read(file, "net.pth");

    /// <summary>What reading all of it says against it.</summary>
    public static string Refusal<T>(byte[] file) where T : ModelException =>
        Assert.Throws<T>(() => { foreach (CheckpointTensor tensor in Read(file).Tensors.Values) tensor.ToFloats(); }).Message;
}
