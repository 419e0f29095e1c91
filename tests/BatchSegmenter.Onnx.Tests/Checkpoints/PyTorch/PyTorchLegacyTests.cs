using BatchSegmenter.Onnx.Checkpoints;

namespace BatchSegmenter.Onnx.Tests.Checkpoints.PyTorch;

public sealed class PyTorchLegacyTests
{
    private static readonly byte[] Pickle = new PickleAssembler().Protocol(2).Raw("}")
        .Text("a").Tensor("FloatStorage", "10", 3, 0, [3], [1]).Raw("s")
        .Text("b").Tensor("HalfStorage", "20", 2, 1, [1], [1]).Raw("s.").Bytes;

    private static readonly (string, long, byte[])[] Storages = [("20", 2, [0, 0x3c, 0, 0xc0]), ("10", 3, TorchFiles.Floats(1, 2, 3))];

    [Fact]
    public void ReadsStoragesInTheOrderOfTheirKeys()
    {
        Checkpoint checkpoint = TorchFiles.Read(TorchFiles.Legacy(Pickle, Storages));
        Assert.Equal("PyTorch legacy", checkpoint.Remarks["format"]);
        Assert.Equal([1, 2, 3], checkpoint.Tensors["a"].ToFloats());
        Assert.Equal([-2], checkpoint.Tensors["b"].ToFloats());
    }

    [Fact]
    public void ReadsPartsOfAStorage()
    {
        byte[] pickle = new PickleAssembler().Protocol(2).Raw("}").Text("w").Tensor("FloatStorage", "1", 5, 1, [2], [1], ("2", 2, 3)).Raw("s.").Bytes;
        Assert.Equal([13, 14], TorchFiles.Read(TorchFiles.Legacy(pickle, ("1", 5, TorchFiles.Floats(10, 11, 12, 13, 14)))).Tensors["w"].ToFloats());
    }

    [Theory]
    [InlineData(4, 2)]
    [InlineData(-1, 2)]
    [InlineData(0, -1)]
    [InlineData(0, 6)]
    [InlineData(long.MaxValue, long.MaxValue)]
    public void RefusesPartsOutsideOfTheStorage(long offset, long count)
    {
        byte[] pickle = new PickleAssembler().Protocol(2).Raw("}").Text("w").Tensor("FloatStorage", "1", 5, 0, [0], [1], ("2", offset, count)).Raw("s.").Bytes;
        Assert.Contains($"{count} elements from {offset} of a storage of 5", TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Legacy(pickle, ("1", 5, new byte[20]))));
    }

    [Fact]
    public void ReadsProtocolZero()
    {
        byte[] rest = TorchFiles.Legacy(Pickle, Storages)[TorchFiles.Magic.Length..];
        Assert.Equal([-2], TorchFiles.Read([.. "L119547037146038801333356L\n."u8, .. rest]).Tensors["b"].ToFloats());
    }

    [Fact]
    public void RefusesStoragesThatDoNotFit()
    {
        Assert.Contains("storage 10 is missing", TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Legacy(Pickle, Storages[0])));
        Assert.Contains("a storage that no tensor asks for", TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Legacy(Pickle, [.. Storages, ("30", 1, new byte[4])])));
        Assert.Contains("storage 10 is there twice", TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Legacy(Pickle, [.. Storages, Storages[1]])));
        Assert.Contains("storage 10 has 4 elements here, but 3", TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Legacy(Pickle, Storages[0], ("10", 4, new byte[16]))));
    }

    [Fact]
    public void RefusesOtherPicklesByName() =>
        Assert.Contains("a Python pickle that torch.save did not write", TorchFiles.Refusal<UnsupportedCheckpointException>(new PickleAssembler().Protocol(2).Raw("}.").Bytes));

    [Fact]
    public void RefusesAWholeModule()
    {
        byte[] pickle = new PickleAssembler().Protocol(2).Raw("(").Text("module").Raw("NNNtQ.").Bytes;
        Assert.Contains("the file holds a whole module", TorchFiles.Refusal<UnsupportedCheckpointException>(TorchFiles.Legacy(pickle)));
    }

    [Fact]
    public void RefusesEveryTruncation()
    {
        byte[] file = TorchFiles.Legacy(Pickle, Storages);
        for (int length = 0; length < file.Length; length++)
            Assert.ThrowsAny<ModelException>(() => Checkpoint.Read(file.AsMemory(0, length), "x"));
    }

    [Fact]
    public void AnyChangedByteGivesNumbersOrIsRefused()
    {
        byte[] file = TorchFiles.Legacy(Pickle, Storages);
        for (int at = 0; at < file.Length; at++)
            foreach (byte change in new byte[] { 1, 0x80, 0xff })
            {
                file[at] ^= change;
                try
                {
                    foreach (CheckpointTensor tensor in TorchFiles.Read(file).Tensors.Values) tensor.ToFloats();
                }
                catch (ModelException)
                {
                    // Refused; any other exception fails the test.
                }
                file[at] ^= change;
            }
    }
}
