using System.Numerics;
using System.Text;
using BatchSegmenter.Onnx.Checkpoints.Pickles;

namespace BatchSegmenter.Onnx.Tests.Checkpoints.Pickles;

public sealed class PickleReaderTests
{
    private static object? Read(params ReadOnlySpan<byte> bytes) => new PickleReader(new PickleBytes(bytes.ToArray(), "p")).Read();

    private static object? Read(string latin1) => Read(Encoding.Latin1.GetBytes(latin1));

    /// <summary>A NumPy dtype, as its <c>__reduce__</c> describes it.</summary>
    private static string Dtype(string code, char order) => $"cnumpy\ndtype\nU{(char)code.Length}{code}\u0089\u0088\u0087R(K\u0003U\u0001{order}NNNJ\u00ff\u00ff\u00ff\u00ffJ\u00ff\u00ff\u00ff\u00ffK\0tb";

    // What Python's own pickle writes, or its documentation gives as the form of each opcode.
    [Theory]
    [InlineData("N.", null)]
    [InlineData("\u0088.", true)]
    [InlineData("\u0089.", false)]
    [InlineData("I01\n.", true)]
    [InlineData("I00\n.", false)]
    [InlineData("I-17\n.", -17L)]
    [InlineData("L-17L\n.", -17L)]
    [InlineData("K\u00ff.", 255L)]
    [InlineData("M\u0001\u0002.", 513L)]
    [InlineData("J\u00fe\u00ff\u00ff\u00ff.", -2L)]
    [InlineData("\u008a\u0000.", 0L)]
    [InlineData("\u008a\u0001\u00ff.", -1L)]
    [InlineData("\u008a\u0002\u00ff\u0000.", 255L)]
    [InlineData("\u008b\u0002\0\0\0\u00ff\u0000.", 255L)]
    [InlineData("F1.5\n.", 1.5)]
    [InlineData("F-inf\n.", double.NegativeInfinity)]
    [InlineData("G\u003f\u00f8\0\0\0\0\0\0.", 1.5)]
    [InlineData("X\u0002\0\0\0\u00c3\u00a4.", "ä")]
    [InlineData("\u008c\u0001a.", "a")]
    [InlineData("\u008d\u0001\0\0\0\0\0\0\0a.", "a")]
    [InlineData("U\u0001\u00e4.", "ä")]
    [InlineData("T\u0001\0\0\0a.", "a")]
    [InlineData("S'a\\n\\x41\\\\'\n.", "a\nA\\")]
    [InlineData("S\"it's\"\n.", "it's")]
    [InlineData("V\\u00e4\\U0001f600b\n.", "ä😀b")]
    [InlineData("\u0080\u0005\u0095\u0002\0\0\0\0\0\0\0N.", null)]
    [InlineData("K\u0001K\u00020.", 1L)]
    [InlineData("K\u0001(0.", 1L)]
    [InlineData("K\u0001(K\u0002K\u00031.", 1L)]
    [InlineData("K\u0005p7\n0g7\n.", 5L)]
    [InlineData("K\u0005q\u00070h\u0007.", 5L)]
    [InlineData("K\u0005r\u0007\0\0\u00ff0j\u0007\0\0\u00ff.", 5L)]
    [InlineData("K\u0005\u00940h\u0000.", 5L)]
    public void ReadsScalars(string pickle, object? expected) => Assert.Equal(expected, Read(pickle));

    [Fact]
    public void ReadsLongNumbers()
    {
        Assert.Equal(BigInteger.Parse("119547037146038801333356"), Read(TorchFiles.Magic));
        Assert.Equal(BigInteger.Pow(10, 30), Read($"L1{new string('0', 30)}L\n."));
    }

    [Theory]
    [InlineData("C\u0002ab.")]
    [InlineData("B\u0002\0\0\0ab.")]
    [InlineData("\u008e\u0002\0\0\0\0\0\0\0ab.")]
    [InlineData("\u0096\u0002\0\0\0\0\0\0\0ab.")]
    public void ReadsBytes(string pickle) => Assert.Equal("ab"u8.ToArray(), Assert.IsType<ReadOnlyMemory<byte>>(Read(pickle)).ToArray());

    [Theory]
    [InlineData(").")]
    [InlineData("K\u0001\u0085.", 1L)]
    [InlineData("K\u0001K\u0002\u0086.", 1L, 2L)]
    [InlineData("K\u0001K\u0002K\u0003\u0087.", 1L, 2L, 3L)]
    [InlineData("(K\u0001K\u0002K\u0003K\u0004t.", 1L, 2L, 3L, 4L)]
    [InlineData("K\u00012\u0086.", 1L, 1L)]
    [InlineData("cbuiltins\ntuple\n]K\u0001a\u0085R.", 1L)]
    public void ReadsTuples(string pickle, params object[] items) => Assert.Equal(items, Assert.IsType<object?[]>(Read(pickle)));

    [Theory]
    [InlineData("].")]
    [InlineData("]K\u0001aK\u0002a.", 1L, 2L)]
    [InlineData("](K\u0001K\u0002e.", 1L, 2L)]
    [InlineData("(K\u0001K\u0002l.", 1L, 2L)]
    [InlineData("\u008f(K\u0001K\u0002\u0090.", 1L, 2L)]
    [InlineData("(K\u0001K\u0002\u0091.", 1L, 2L)]
    [InlineData("c__builtin__\nset\n(lp0\nI1\na\u0085R.", 1L)]
    [InlineData("ccollections\ndeque\n)R(K\u0001K\u0002e.", 1L, 2L)]
    public void ReadsListsAndSets(string pickle, params object[] items) => Assert.Equal(items, Assert.IsType<PickleList>(Read(pickle)).Items);

    [Theory]
    [InlineData("}K\u0001K\u0002s.")]
    [InlineData("}(K\u0001K\u0002u.")]
    [InlineData("(K\u0001K\u0002d.")]
    [InlineData("ccollections\nOrderedDict\n)RK\u0001K\u0002s.")]
    [InlineData("ccollections\nOrderedDict\n]](K\u0001K\u0002ea\u0085R.")]
    [InlineData("ccollections\nOrderedDict\n]K\u0001K\u0002\u0086a\u0085R}X\u0009\0\0\0_metadataNsb.")]
    [InlineData("\u008c\u000bcollections\u008c\u000bOrderedDict\u0093)\u0081K\u0001K\u0002s.")]
    [InlineData("\u008c\u000bcollections\u008c\u000bOrderedDict\u0093)}\u0092K\u0001K\u0002s.")]
    [InlineData("ccollections\ndefaultdict\ncbuiltins\nint\n\u0085RK\u0001K\u0002s.")]
    [InlineData("ccollections\nCounter\n}K\u0001K\u0002s\u0085R.")]
    [InlineData("(icollections\nOrderedDict\nK\u0001K\u0002s.")]
    [InlineData("(ccollections\nOrderedDict\noK\u0001K\u0002s.")]
    public void ReadsDictionaries(string pickle) => Assert.Equal([new(1L, 2L)], Assert.IsType<PickleDictionary>(Read(pickle)).Entries);

    [Theory]
    [InlineData("f8", '<', "\0\0\0\0\0\0\u00f8\u003f", 1.5)]
    [InlineData("f8", '>', "\u003f\u00f8\0\0\0\0\0\0", 1.5)]
    [InlineData("f4", '<', "\0\0\u00c0\u003f", 1.5)]
    [InlineData("f2", '<', "\0\u003e", 1.5)]
    [InlineData("i8", '<', "\u00fe\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff", -2L)]
    [InlineData("i4", '>', "\0\0\u0001\0", 256L)]
    [InlineData("i2", '<', "\u0001\u0001", 257L)]
    [InlineData("i1", '|', "\u00ff", -1L)]
    [InlineData("u1", '|', "\u00ff", 255L)]
    [InlineData("b1", '|', "\u0001", true)]
    public void ReadsNumpyScalars(string code, char order, string bytes, object expected)
    {
        foreach (string module in new[] { "numpy.core.multiarray", "numpy._core.multiarray" })
            Assert.Equal(expected, Read($"c{module}\nscalar\n{Dtype(code, order)}C{(char)bytes.Length}{bytes}\u0086R."));
        // Under protocol 2 bytes are text that is to be encoded.
        byte[] text = Encoding.UTF8.GetBytes(bytes);
        PickleAssembler pickle = new PickleAssembler().Raw($"cnumpy.core.multiarray\nscalar\n{Dtype(code, order)}c_codecs\nencode\nX").Int32(text.Length).Raw(text).Raw("X").Int32(6).Raw("latin1\u0086R\u0086R.");
        Assert.Equal(expected, Read(pickle.Bytes));
    }

    [Theory]
    [InlineData("f8", "\0\0\0\0")]
    [InlineData("U3", "\0\0\0\0\0\0\0\0\0\0\0\0")]
    [InlineData("O8", "")]
    public void LeavesOtherNumpyScalarsClosed(string code, string bytes) =>
        Assert.IsType<PickleRecord>(Read($"cnumpy.core.multiarray\nscalar\n{Dtype(code, '<')}C{(char)bytes.Length}{bytes}\u0086R."));

    [Theory]
    [InlineData("cargparse\nNamespace\n)\u0081}U\u0001aK\u0001sb.", "argparse.Namespace")]
    [InlineData("ccopy_reg\n_reconstructor\n(cargparse\nNamespace\nc__builtin__\nobject\nNtR(dS'a'\nI1\nsb.", "argparse.Namespace")]
    [InlineData("ceasydict\nEasyDict\n)\u0081(U\u0001aK\u0001u}b.", "easydict.EasyDict")]
    [InlineData("cpathlib\nPosixPath\nU\u0001a\u0085R.", "pathlib.PosixPath")]
    [InlineData("ctorch\ndevice\nU\u0003cpu\u0085R.", "torch.device")]
    [InlineData("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\u0085C\u0001b\u0087R(K\u0001K\u0000\u0085N\u0089C\0tb.", "numpy.ndarray")]
    public void KeepsPlainRecordsClosed(string pickle, string type) => Assert.Equal(type, Assert.IsType<PickleRecord>(Read(pickle)).Type);

    [Fact]
    public void ReadsSizes() => Assert.Equal([2L, 3L], Assert.IsType<object?[]>(Read("ctorch\nSize\nK\u0002K\u0003\u0086\u0085R.")));

    [Theory]
    [InlineData("", "byte 0: an opcode of 1 bytes, but 0 follow")]
    [InlineData(".", "byte 0: an opcode that finds too little")]
    [InlineData("\u00ff.", "byte 0: byte 0xff, which is no opcode")]
    [InlineData("(K\u00010" + "0" + "0.", "byte 5: an opcode that finds too little")]
    [InlineData("(.", "byte 1: an opcode that finds too little")]
    [InlineData("K\u0001(2.", "byte 3: an opcode that finds nothing")]
    [InlineData("t.", "finds no mark")]
    [InlineData("h\u0001.", "entry 1 of the memo, which is not set")]
    [InlineData("gx\n.", "an index that is no number")]
    [InlineData("Ix\n.", "an integer that is none")]
    [InlineData("Fx\n.", "a float that is none")]
    [InlineData("Sx\n.", "a string without quotes")]
    [InlineData("Vx\\u00\n.", "an escape in a string that is none")]
    [InlineData("I1", "a line that does not end")]
    [InlineData("X\u0002\0\0\0\u00c3(.", "a string that is not UTF-8")]
    [InlineData("NK\u0001a.", "items for None")]
    [InlineData("NK\u0001K\u0002s.", "entries for None")]
    [InlineData("}(K\u0001u.", "a key without a value")]
    [InlineData("NNb.", "a state for None")]
    [InlineData("NN\u0093.", "a class whose name is not a string")]
    [InlineData("K\u0001)R.", "a call of an integer, which can't be called")]
    [InlineData("ctorch\nfloat32\n)R.", "a call of torch.float32, which can't be called")]
    [InlineData("ccollections\nOrderedDict\nNR.", "a call with None, where a tuple")]
    [InlineData("ccollections\nOrderedDict\n]Na\u0085R.", "None where a pair of key and value")]
    [InlineData("(o.", "an object without a class")]
    [InlineData("Pid\n.", "a persistent id, which has no place here")]
    public void RefusesBrokenPickles(string pickle, string message) => Assert.Contains(message, Assert.Throws<InvalidCheckpointException>(() => Read(pickle)).Message);
}
