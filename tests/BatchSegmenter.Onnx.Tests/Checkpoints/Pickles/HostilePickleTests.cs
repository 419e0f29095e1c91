using System.Text;
using BatchSegmenter.Onnx.Checkpoints.Pickles;

namespace BatchSegmenter.Onnx.Tests.Checkpoints.Pickles;

public sealed class HostilePickleTests
{
    private static string Refusal<T>(string latin1) where T : ModelException => Refusal<T>(Encoding.Latin1.GetBytes(latin1));

    private static string Refusal<T>(byte[] pickle) where T : ModelException => Assert.Throws<T>(() => new PickleReader(new PickleBytes(pickle, "p", "a/data.pkl")).Read()).Message;

    [Theory]
    [InlineData("cos\nsystem\nS'id'\n\u0085R.", "byte 0 of a/data.pkl: the pickle asks for os.system, which is refused; nothing was run")]
    [InlineData("\u0080\u0002cposix\nsystem\nU\u0002id\u0085R.", "byte 2 of a/data.pkl: the pickle asks for posix.system")]
    [InlineData("\u0080\u0004\u008c\u0002os\u008c\u0006system\u0093\u008c\u0002id\u0085R.", "byte 14 of a/data.pkl: the pickle asks for os.system")]
    [InlineData("(S'id'\nios\nsystem\n.", "asks for os.system")]
    [InlineData("(cos\nsystem\nS'id'\no.", "asks for os.system")]
    [InlineData("cbuiltins\neval\nU\u00011\u0085R.", "asks for builtins.eval")]
    [InlineData("c__builtin__\ngetattr\n)R.", "asks for __builtin__.getattr")]
    [InlineData("cevil\nThing\n)\u0081}U\u000c__setstate__Nsb.", "asks for evil.Thing")]
    [InlineData("csubprocess\nPopen\n)\u0081.", "asks for subprocess.Popen")]
    [InlineData("ctorch.hub\nload\n)R.", "asks for torch.hub.load")]
    [InlineData("cnumpy.testing._private.utils\nrunstring\n)R.", "asks for numpy.testing._private.utils.runstring")]
    [InlineData("cargparse\nNamespace.__init__\n)R.", "asks for argparse.Namespace.__init__")]
    [InlineData("ctorch._utils\n_rebuild_sparse_tensor\n)R.", "asks for torch._utils._rebuild_sparse_tensor")]
    [InlineData("ca\u0007b\nc\n.", "asks for a?b.c")]
    [InlineData("ctorch.nn.modules.linear\nLinear\n)\u0081.", "holds a whole module (torch.nn.modules.linear.Linear), whose code can't be run here; save its parameters alone: torch.save(model.state_dict(), path)")]
    [InlineData("\u0082\u0001.", "extension registry")]
    [InlineData("\u0083\u0001\0.", "extension registry")]
    [InlineData("\u0084\u0001\0\0\0.", "extension registry")]
    [InlineData("\u0097.", "a buffer outside the pickle")]
    [InlineData("N\u0098.", "a buffer outside the pickle")]
    [InlineData("\u0080\u0006N.", "pickle protocol 6")]
    public void RefusesByName(string pickle, string message) => Assert.Contains(message, Refusal<UnsupportedCheckpointException>(pickle));

    [Fact]
    public void ANameThatIsTooLongIsCut() => Assert.True(Refusal<UnsupportedCheckpointException>($"c{new string('x', 1_000_000)}\ny\n.").Length < 1000);

    [Theory]
    [InlineData("torch._utils\n_rebuild_tensor_v2\n)R.", "nothing as argument 0, where a storage is expected")]
    [InlineData("torch._utils\n_rebuild_tensor_v2\n(NNNNNNtR.", "None as argument 0, where a storage is expected")]
    [InlineData("torch._utils\n_rebuild_parameter\n(NNNtR.", "None as argument 0, where a tensor is expected")]
    [InlineData("torch._utils\n_rebuild_from_type_v2\n(cbuiltins\nlist\ncbuiltins\nlist\n)NtR.", "builtins.list, which makes no tensor")]
    [InlineData("torch._utils\n_rebuild_from_type_v2\n(ctorch._utils\n_rebuild_from_type_v2\nctorch\nTensor\n)NtR.", "torch._utils._rebuild_from_type_v2, which makes no tensor")]
    [InlineData("numpy.core.multiarray\nscalar\n)R.", "nothing as argument 0, where a NumPy dtype is expected")]
    [InlineData("copyreg\n_reconstructor\nN\u0085R.", "None as argument 0, where a class is expected")]
    [InlineData("torch\nSize\n]\u0085R.", "a list as argument 0, where a tuple is expected")]
    [InlineData("torch._utils\n_rebuild_tensor_v3\n(NNNNNNctorch\nTensor\ntR.", "torch.Tensor, which is no element type")]
    public void RefusesCallsWithOtherArguments(string call, string message) => Assert.Contains(message, Refusal<InvalidCheckpointException>($"c{call}"));

    [Theory]
    [InlineData(1_000_000)]
    public void NestsAsDeepAsItLikes(int depth)
    {
        foreach ((string open, string close) in new[] { ("]", "a"), ("(", "t"), ("(", "l"), ("", "\u0085") })
        {
            byte[] pickle = Encoding.Latin1.GetBytes(new StringBuilder().Insert(0, open, depth).Append('N').Insert(open.Length * depth + 1, close, depth).Append('.').ToString());
            Assert.NotNull(new PickleReader(new PickleBytes(pickle, "p")).Read());
        }
    }

    [Fact]
    public void OnlyMarksAreRefused() => Refusal<InvalidCheckpointException>(new string('(', 1_000_000) + ".");

    [Fact]
    public void AListOfListsOfListsTakesNoMoreThanItsBytes()
    {
        // Each level holds the one before ten times over: 10^1000 leaves.
        StringBuilder pickle = new("]q\0");
        for (int level = 0; level < 1000; level++) pickle.Append("](").Insert(pickle.Length, "h\0", 10).Append("eq\0");
        Assert.IsType<PickleList>(new PickleReader(new PickleBytes(Encoding.Latin1.GetBytes(pickle.Append('.').ToString()), "p")).Read());
    }

    [Fact]
    public void AListThatHoldsItselfIsRead() => Assert.IsType<PickleList>(new PickleReader(new PickleBytes("]q\0h\0a."u8.ToArray(), "p")).Read());

    [Fact]
    public void CopyingOneListOverAndOverIsRefused()
    {
        StringBuilder pickle = new("](");
        pickle.Insert(pickle.Length, "N", 100_000).Append("eq\0");
        for (int i = 0; i < 1000; i++) pickle.Append("cbuiltins\nset\nh\0\u0085R0");
        Assert.Contains("a pickle of more than", Refusal<UnsupportedCheckpointException>(pickle.Append('.').ToString()));
    }

    [Fact]
    public void MoreStepsThanAnyCheckpointTakesAreRefused() =>
        Assert.Contains("a pickle of more than", Refusal<UnsupportedCheckpointException>($"{new string(']', PickleReader.MostSteps + 1)}."));

    [Theory]
    [InlineData("X\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("T\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("B\u00ff\u00ff\u00ff\u007f")]
    [InlineData("\u008b\u00ff\u00ff\u00ff\u007f")]
    [InlineData("\u008b\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("\u008d\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff")]
    [InlineData("\u008e\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f")]
    [InlineData("\u0096\u0000\u0000\u0000\u0000\u0001\u0000\u0000\u0000")]
    [InlineData("\u0095\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff")]
    public void RefusesLengthsThatLie(string start) => Assert.Contains("bytes, but 3 follow. The file is cut short or damaged", Refusal<InvalidCheckpointException>($"{start}ab."));

    [Fact]
    public void AnyOpcodesInAnyOrderGiveAValueOrAreRefused()
    {
        string[] parts =
        [
            "(", ".", "0", "1", "2", "F1\n", "I1\n", "J\0\0\0\0", "K\u0001", "L1L\n", "M\0\0", "N", "P1\n", "Q", "R", "S'a'\n", "T\u0001\0\0\0a", "U\u0001a", "Va\n", "X\u0001\0\0\0a",
            "a", "b", "d", "}", "e", "g0\n", "h\0", "h\u0001", "l", "]", "o", "p0\n", "q\0", "q\u0001", "s", "t", ")", "u", "G\0\0\0\0\0\0\0\0", "\u0080\u0002", "\u0081", "\u0085", "\u0086", "\u0087",
            "\u0088", "\u0089", "\u008a\u0001\u0001", "C\u0001a", "\u008f", "\u0090", "\u0091", "\u0092", "\u0093", "\u0094", "iargparse\nNamespace\n",
            .. new[]
            {
                "collections\nOrderedDict", "collections\ndefaultdict", "builtins\nset", "builtins\ntuple", "numpy\ndtype", "numpy.core.multiarray\nscalar", "_codecs\nencode", "torch\nSize", "torch\nFloatStorage",
                "torch._utils\n_rebuild_tensor_v2", "torch._utils\n_rebuild_tensor_v3", "torch._utils\n_rebuild_parameter", "torch._utils\n_rebuild_from_type_v2", "copyreg\n_reconstructor",
            }.Select(name => $"c{name}\n"),
        ];
        Random random = new(1);
        int values = 0;
        for (int run = 0; run < 3000; run++)
        {
            StringBuilder pickle = new();
            for (int i = random.Next(40); i >= 0; i--) pickle.Append(parts[random.Next(parts.Length)]);
            try
            {
                new PickleReader(new PickleBytes(Encoding.Latin1.GetBytes(pickle.Append('.').ToString()), "p")).Read();
                values++;
            }
            catch (ModelException)
            {
                // Refused; any other exception fails the test.
            }
        }
        Assert.InRange(values, 50, 2950);
    }

    [Fact]
    public void MakingOneLongShapeOverAndOverIsRefused()
    {
        StringBuilder pickle = new("(");
        pickle.Insert(1, "K\u0001", 64).Append("tq\0");
        for (int i = 0; i < 50_000; i++) pickle.Append("ctorch._utils\n_rebuild_tensor_v2\n(h\u0001K\0h\0h\0tR0");
        byte[] storage = new PickleAssembler().Storage("FloatStorage", "0", 1).Raw("q\u0001").Bytes;
        Assert.Contains("a pickle of more than", Refusal<UnsupportedCheckpointException>(TorchFiles.Zip([.. storage, .. Encoding.Latin1.GetBytes(pickle.Append('.').ToString())], ("0", new byte[4])), TorchFiles.Read));
    }

    private static string Refusal<T>(byte[] file, Func<byte[], object> read) where T : ModelException => Assert.Throws<T>(() => read(file)).Message;
}
