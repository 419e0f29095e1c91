using System.IO.Compression;
using BatchSegmenter.Onnx.Checkpoints;

namespace BatchSegmenter.Onnx.Tests.Checkpoints.PyTorch;

public sealed class PyTorchZipTests
{
    private static readonly byte[] Pickle = PickleAssembler.OneTensor("FloatStorage", 3, 0, [3], [1]);
    private static readonly byte[] Storage = TorchFiles.Floats(1, -2, 0.25f);

    [Theory]
    [InlineData("archive", CompressionLevel.NoCompression)]
    [InlineData("best_model", CompressionLevel.Optimal)]
    public void ReadsStoredAndDeflatedEntriesUnderAnyFolder(string folder, CompressionLevel level) =>
        Assert.Equal([1, -2, 0.25f], TorchFiles.Read(TorchFiles.Zip(folder, level, Pickle, "little", ("0", Storage))).Tensors["w"].ToFloats());

    [Theory]
    [InlineData("FloatStorage", "3F800000 C0000000", 1f, -2f)]
    [InlineData("HalfStorage", "3C00 C000", 1f, -2f)]
    [InlineData("LongStorage", "0000000000000001 FFFFFFFFFFFFFFFE", 1f, -2f)]
    [InlineData("CharStorage", "01 FE", 1f, -2f)]
    public void TurnsBigEndianNumbersRound(string type, string bytes, float first, float second)
    {
        byte[] file = TorchFiles.Zip("a", CompressionLevel.NoCompression, PickleAssembler.OneTensor(type, 2, 0, [2], [1]), "big", ("0", Convert.FromHexString(bytes.Replace(" ", ""))));
        Assert.Equal([first, second], TorchFiles.Read(file).Tensors["w"].ToFloats());
    }

    [Fact]
    public void RefusesAnUnknownByteOrder() =>
        Assert.Contains("a/byteorder says middle", TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Zip("a", CompressionLevel.NoCompression, Pickle, "middle", ("0", Storage))));

    [Fact]
    public void TensorsShareAStorage()
    {
        PickleAssembler pickle = new PickleAssembler().Protocol(2).Raw("}")
            .Text("a").Tensor("FloatStorage", "0", 3, 0, [2], [1]).Raw("s")
            .Text("b").Tensor("FloatStorage", "0", 3, 1, [2], [1]).Raw("s.");
        Checkpoint checkpoint = TorchFiles.Read(TorchFiles.Zip(pickle.Bytes, ("0", Storage)));
        Assert.Equal([1, -2], checkpoint.Tensors["a"].ToFloats());
        Assert.Equal([-2, 0.25f], checkpoint.Tensors["b"].ToFloats());
    }

    [Fact]
    public void RefusesAStorageThatIsTwoThings()
    {
        PickleAssembler pickle = new PickleAssembler().Protocol(2).Raw("}")
            .Text("a").Tensor("FloatStorage", "0", 3, 0, [2], [1]).Raw("s")
            .Text("b").Tensor("LongStorage", "0", 1, 0, [1], [1]).Raw("s.");
        Assert.Contains("storage 0 as 1 × Int64, which was 3 × Float32 before", TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Zip(pickle.Bytes, ("0", Storage))));
    }

    [Fact]
    public void RefusesStoragesThatAreMissingOrShort()
    {
        Assert.Contains("the storage archive/data/0 is missing", TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Zip(Pickle)));
        Assert.Contains("the storage archive/data/0 has 8 bytes, but 12 are needed", TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Zip(Pickle, ("0", new byte[8]))));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1L << 40)]
    [InlineData(long.MaxValue)]
    public void RefusesACountOfElementsThatLies(long count) =>
        Assert.Contains($"a storage of {count} elements", TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Zip(PickleAssembler.OneTensor("FloatStorage", count, 0, [1], [1]), ("0", Storage))));

    [Fact]
    public void RefusesAChangedWeight()
    {
        byte[] file = TorchFiles.Zip(Pickle, ("0", Storage));
        file[file.AsSpan().IndexOf(Storage) + 5] ^= 1;
        Assert.Contains("archive/data/0 has the CRC-32", TorchFiles.Refusal<InvalidCheckpointException>(file));
    }

    [Fact]
    public void RefusesDeflatedBytesThatAreDamaged()
    {
        byte[] zeros = new byte[1 << 16];
        byte[] file = TorchFiles.Zip("a", CompressionLevel.Optimal, PickleAssembler.OneTensor("ByteStorage", zeros.Length, 0, [zeros.Length], [1]), null, ("0", zeros));
        int start = file.AsSpan().IndexOf("a/data/0"u8) + 8;
        file[start] ^= 0xff;
        TorchFiles.Refusal<InvalidCheckpointException>(file);
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void RefusesEveryTruncation(CompressionLevel level)
    {
        byte[] file = TorchFiles.Zip("a", level, Pickle, "little", ("0", Storage));
        for (int length = 0; length < file.Length; length++)
            Assert.ThrowsAny<ModelException>(() => Checkpoint.Read(file.AsMemory(0, length), "x"));
    }

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void AnyChangedByteIsHarmlessOrRefused(CompressionLevel level)
    {
        byte[] file = TorchFiles.Zip("a", level, Pickle, "little", ("0", Storage));
        for (int at = 0; at < file.Length; at++)
            foreach (byte change in new byte[] { 1, 0x80, 0xff })
            {
                file[at] ^= change;
                try
                {
                    foreach (CheckpointTensor tensor in TorchFiles.Read(file).Tensors.Values) Assert.Equal([1, -2, 0.25f], tensor.ToFloats());
                }
                catch (ModelException)
                {
                    // Refused.
                }
                file[at] ^= change;
            }
    }
}
