using System.IO.Compression;
using System.Text;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Tests.Checkpoints;

public sealed class CheckpointTests
{
    private static PickleAssembler Entry(PickleAssembler pickle, string name) => pickle.Text(name).Tensor("FloatStorage", "0", 2, 0, [2], [1]).Raw("s");

    private static byte[] Names(params string[] names) => TorchFiles.Zip(names.Aggregate(new PickleAssembler().Protocol(2).Raw("}"), Entry).Raw(".").Bytes, ("0", TorchFiles.Floats(1, 2)));

    [Fact]
    public void ReadsTensorsInTheOrderOfTheFile()
    {
        Checkpoint checkpoint = TorchFiles.Read(Names("b", "a", "c"));
        Assert.Equal(["b", "a", "c"], checkpoint.Tensors.Keys);
        Assert.Equal(["b", "a", "c"], checkpoint.Tensors.Values.Select(tensor => tensor.Name));
        Assert.Equal("net.pth", checkpoint.Path);
        Assert.Equal("PyTorch ZIP", checkpoint.Remarks["format"]);
        CheckpointTensor tensor = checkpoint.Tensors["a"];
        Assert.Equal(ElementType.Float32, tensor.Type);
        Assert.Equal([2], tensor.Shape);
        Assert.Equal([1, 2], tensor.ToFloats());
    }

    [Fact]
    public void OpensAFile()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, Names("a"));
            Checkpoint checkpoint = Checkpoint.Open(path);
            Assert.Equal(path, checkpoint.Path);
            Assert.Equal([1, 2], checkpoint.Tensors["a"].ToFloats());
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("module.a,module.b", "a,b", "module.")]
    [InlineData("model.a,model.b", "a,b", "model.")]
    [InlineData("module.model.a,module.model.b.c", "a,b.c", "module.model.")]
    [InlineData("module.a,b", "module.a,b", null)]
    [InlineData("model.a,module.b", "model.a,module.b", null)]
    [InlineData("module.,module.b", "module.,module.b", null)]
    [InlineData("modules.a", "modules.a", null)]
    public void StripsPrefixesThatAllNamesHave(string names, string expected, string? stripped)
    {
        Checkpoint checkpoint = TorchFiles.Read(Names(names.Split(',')));
        Assert.Equal(expected.Split(','), checkpoint.Tensors.Keys);
        Assert.Equal(stripped, checkpoint.Remarks.GetValueOrDefault("stripped"));
    }

    [Theory]
    [InlineData("model_state_dict", null, "model_state_dict", null)]
    [InlineData("net", "state_dict", "state_dict", "net")]
    [InlineData("model", "model_state_dict", "model_state_dict", "model")]
    [InlineData("model_state", "ema", "model_state", null)]
    public void TakesTheParametersFromTheFirstKnownPlace(string first, string? second, string taken, string? passedOver)
    {
        PickleAssembler pickle = new PickleAssembler().Protocol(2).Raw("}").Text("epoch").Integer(7).Raw("s");
        foreach (string? place in new[] { first, second })
            if (place is not null) Entry(pickle.Text(place).Raw("}"), $"in {place}").Raw("s");
        Checkpoint checkpoint = TorchFiles.Read(TorchFiles.Zip(pickle.Raw(".").Bytes, ("0", TorchFiles.Floats(1, 2))));
        Assert.Equal([$"in {taken}"], checkpoint.Tensors.Keys);
        Assert.Equal(taken, checkpoint.Remarks["taken from"]);
        Assert.Equal(passedOver, checkpoint.Remarks.GetValueOrDefault("passed over"));
        Assert.Equal("7", checkpoint.Scalars["epoch"]);
    }

    [Fact]
    public void AFieldNamedModelThatHoldsNoTensorsIsNotTaken()
    {
        PickleAssembler pickle = Entry(new PickleAssembler().Protocol(2).Raw("}").Text("model").Text("pointnet2").Raw("s"), "w");
        Checkpoint checkpoint = TorchFiles.Read(TorchFiles.Zip(pickle.Raw(".").Bytes, ("0", TorchFiles.Floats(1, 2))));
        Assert.Equal(["w"], checkpoint.Tensors.Keys);
        Assert.Equal("model", checkpoint.Remarks["no tensors"]);
    }

    [Fact]
    public void AnEntrySetTwiceIsTheLast()
    {
        PickleAssembler pickle = new PickleAssembler().Protocol(2).Raw("}").Text("w").Tensor("FloatStorage", "0", 2, 0, [2], [1]).Raw("s").Text("w").Tensor("FloatStorage", "0", 2, 1, [1], [1]).Raw("s.");
        Assert.Equal([2], TorchFiles.Read(TorchFiles.Zip(pickle.Bytes, ("0", TorchFiles.Floats(1, 2)))).Tensors["w"].ToFloats());
    }

    [Theory]
    [InlineData("}.", "it holds no tensors, nor a dictionary of tensors under model_state_dict, state_dict, model_state, model, net; found: nothing")]
    [InlineData("}U\u0005epochK\u0007s.", "found: epoch (an integer)")]
    public void RefusesWhatHoldsNoTensors(string pickle, string message) =>
        Assert.Contains(message, TorchFiles.Refusal<InvalidCheckpointException>(TorchFiles.Zip(new PickleAssembler().Raw(pickle).Bytes)));

    [Fact]
    public void RefusesAnotherObjectThanADictionary() =>
        Assert.Contains("it holds a list, where a dictionary of tensors is expected", TorchFiles.Refusal<UnsupportedCheckpointException>(TorchFiles.Zip("]."u8.ToArray())));

    [Theory]
    [InlineData(0x80, 0x02)]
    [InlineData('L', 0x01)]
    [InlineData('P', 'K')]
    public void TellsSafetensorsWhoseLengthLooksLikeAnotherFormat(int low, int high)
    {
        int length = low + 256 * high;
        byte[] file = new byte[8 + length];
        (file[0], file[1]) = ((byte)low, (byte)high);
        Encoding.ASCII.GetBytes("{}".PadRight(length)).CopyTo(file, 8);
        Assert.Equal("safetensors", Checkpoint.Read(file, "net.safetensors").Remarks["format"]);
    }

    [Fact]
    public void ReadsSafetensors()
    {
        string header = """{"__metadata__":{"epoch":"3"},"module.h":{"dtype":"F16","shape":[2],"data_offsets":[8,12]},"module.b":{"dtype":"BF16","shape":[1,1],"data_offsets":[12,14]},"module.d":{"dtype":"F64","shape":[],"data_offsets":[0,8]},"module.i":{"dtype":"I16","shape":[1],"data_offsets":[14,16]},"module.c":{"dtype":"I8","shape":[1],"data_offsets":[16,17]},"module.u":{"dtype":"U8","shape":[1],"data_offsets":[17,18]},"module.t":{"dtype":"BOOL","shape":[2],"data_offsets":[18,20]}}""";
        byte[] file = [.. BitConverter.GetBytes((long)header.Length), .. Encoding.UTF8.GetBytes(header), .. BitConverter.GetBytes(0.5), 0x00, 0x3c, 0x00, 0xc0, 0xc0, 0x3f, 0xfe, 0xff, 0x80, 0xff, 1, 0];
        Checkpoint checkpoint = Checkpoint.Read(file, "f");
        Assert.Equal(["d", "h", "b", "i", "c", "u", "t"], checkpoint.Tensors.Keys);
        Assert.Equal([0.5f], checkpoint.Tensors["d"].ToFloats());
        Assert.Equal([1f, -2f], checkpoint.Tensors["h"].ToFloats());
        Assert.Equal([1.5f], checkpoint.Tensors["b"].ToFloats());
        Assert.Equal([-2f], checkpoint.Tensors["i"].ToFloats());
        Assert.Equal([-128f], checkpoint.Tensors["c"].ToFloats());
        Assert.Equal([255f], checkpoint.Tensors["u"].ToFloats());
        Assert.Equal([1f, 0f], checkpoint.Tensors["t"].ToFloats());
        Assert.Equal([1, 1], checkpoint.Tensors["b"].Shape);
        Assert.Equal(ElementType.BFloat16, checkpoint.Tensors["b"].Type);
        Assert.Equal("safetensors", checkpoint.Remarks["format"]);
        Assert.Equal("module.", checkpoint.Remarks["stripped"]);
        Assert.Equal("3", checkpoint.Scalars["epoch"]);
    }

    [Fact]
    public void RefusesATarByName()
    {
        byte[] tar = new byte[1024];
        "ustar"u8.CopyTo(tar.AsSpan(257));
        Assert.Contains("a tar file, the format of torch.save before PyTorch 0.1.10", TorchFiles.Refusal<UnsupportedCheckpointException>(tar));
    }

    [Theory]
    [InlineData("", "it begins with nothing")]
    [InlineData("hello world", "it begins with 68656C6C6F20776F")]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer")]
    public void RefusesWhatIsNoCheckpoint(string content, string message) =>
        Assert.Contains(message, TorchFiles.Refusal<UnsupportedCheckpointException>(Encoding.Latin1.GetBytes(content)));

    [Fact]
    public void RefusesZipFilesOfOtherThings()
    {
        Assert.Contains("without a FOLDER/data.pkl, so not one of torch.save; it holds a.txt", TorchFiles.Refusal<UnsupportedCheckpointException>(TorchFiles.ZipOf(CompressionLevel.NoCompression, ("a.txt", [1]))));
        Assert.Contains("a TorchScript archive", TorchFiles.Refusal<UnsupportedCheckpointException>(TorchFiles.ZipOf(CompressionLevel.NoCompression, ("m/data.pkl", "}."u8.ToArray()), ("m/constants.pkl", ")."u8.ToArray()))));
    }
}
