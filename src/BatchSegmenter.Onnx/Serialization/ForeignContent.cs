using System.Text;

namespace BatchSegmenter.Onnx.Serialization;

/// <summary>
/// Refuses ONNX files that would have a runtime fetch or run something that is not in them: tensors in other files, operators of other
/// domains (which native libraries bring), functions of their own, the runtime's other format in ONNX clothing. It walks the bytes
/// themselves, sub-graphs and attributes included, so that nothing hides in a field that <see cref="OnnxReader"/> passes over.
/// </summary>
public static class ForeignContent
{
    /// <summary>Sub-graphs in sub-graphs and so on: more than any exporter makes, little enough for every stack.</summary>
    private const int MaxDepth = 64;

    /// <summary>
    /// The operators of <c>com.microsoft</c> that only compute: what quantizers and optimizers make. Others of that domain load compiled
    /// code (EPContext) or call out.
    /// </summary>
    private static readonly HashSet<string> MicrosoftOperators =
    [
        "BiasAdd", "BiasGelu", "BiasSoftmax", "DequantizeLinear", "DynamicQuantizeMatMul", "FastGelu", "FusedConv", "FusedGemm", "FusedMatMul",
        "FusedMatMulActivation", "GatherND", "Gelu", "GridSample", "GroupNorm", "Inverse", "MatMulInteger16", "MatMulIntegerToFloat", "MatMulNBits",
        "NhwcConv", "NhwcFusedConv", "NhwcMaxPool", "Pad", "QGemm", "QLinearAdd", "QLinearAveragePool", "QLinearConcat", "QLinearConv",
        "QLinearGlobalAveragePool", "QLinearLeakyRelu", "QLinearMul", "QLinearReduceMean", "QLinearSigmoid", "QLinearSoftmax", "QLinearWhere",
        "QuantizeLinear", "QuickGelu", "SkipGroupNorm", "SkipLayerNormalization", "Trilu", "Unique",
    ];

    private enum Message { Model, Training, Graph, Node, Attribute, Tensor, SparseTensor }

    /// <summary>Looks through the bytes of a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">What to call it in an error.</param>
    /// <exception cref="InvalidOnnxException">There is something foreign, or the bytes are no ONNX model.</exception>
    public static void Refuse(ReadOnlySpan<byte> bytes, string path)
    {
        if (bytes.Length >= 8 && bytes[4..8].SequenceEqual("ORTM"u8))
            throw new InvalidOnnxException(path, "it is no ONNX model, but ONNX Runtime's own format, which is not looked through");
        Walk(bytes, Message.Model, path, 0);
    }

    private static void Walk(ReadOnlySpan<byte> bytes, Message message, string path, int depth)
    {
        if (depth > MaxDepth) throw new InvalidOnnxException(path, $"its graphs are nested more than {MaxDepth} deep");
        List<string> domains = [], operators = [];
        while (!bytes.IsEmpty)
        {
            ulong tag = Varint(ref bytes, path);
            ulong field = tag >> 3, number = 0;
            ReadOnlySpan<byte> content = default;
            switch (tag & 7)
            {
                case 0: number = Varint(ref bytes, path); break;
                case 1: content = Take(ref bytes, 8, path); break;
                case 2: content = Take(ref bytes, Varint(ref bytes, path), path); break;
                case 5: content = Take(ref bytes, 4, path); break;
                default: throw NoModel(path);
            }

            if (tag > uint.MaxValue || field == 0) throw NoModel(path);
            if (message == Message.Tensor && (field == 13 || (field == 14 && (number != 0 || !content.IsEmpty))))
                throw new InvalidOnnxException(path, "a tensor lies in another file; save the model with its weights inside");
            if ((tag & 7) != 2) continue;
            switch (message, field)
            {
                case (Message.Model, 25): throw new InvalidOnnxException(path, "it defines functions of its own; inline them when exporting");
                case (Message.Node, 4): operators.Add(Encoding.UTF8.GetString(content)); break;
                case (Message.Node, 7): domains.Add(Encoding.UTF8.GetString(content)); break;
                default:
                    if (Inside(message, field) is { } inner) Walk(content, inner, path, depth + 1);
                    break;
            }
        }

        foreach (string domain in domains)
        {
            string? stranger = domain is "" or "ai.onnx" ? null : operators.Find(it => domain != "com.microsoft" || !MicrosoftOperators.Contains(it));
            if (stranger is not null)
                throw new InvalidOnnxException(path, $"it has the operator {domain}.{stranger}, which is not one of ONNX's own; operators that native libraries bring are not run");
        }
    }

    private static Message? Inside(Message message, ulong field) => (message, field) switch
    {
        (Message.Model, 7) or (Message.Training, 1 or 2) or (Message.Attribute, 6 or 11) => Message.Graph,
        (Message.Model, 20) => Message.Training,
        (Message.Graph, 1) => Message.Node,
        (Message.Node, 5) => Message.Attribute,
        (Message.Graph, 5) or (Message.Attribute, 5 or 10) or (Message.SparseTensor, 1 or 2) => Message.Tensor,
        (Message.Graph, 15) or (Message.Attribute, 22 or 23) => Message.SparseTensor,
        _ => null,
    };

    private static ulong Varint(scoped ref ReadOnlySpan<byte> bytes, string path)
    {
        ulong value = 0;
        for (int i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return value;
        }

        throw NoModel(path);
    }

    private static ReadOnlySpan<byte> Take(scoped ref ReadOnlySpan<byte> bytes, ulong count, string path)
    {
        if (count > (ulong)bytes.Length) throw NoModel(path);
        ReadOnlySpan<byte> taken = bytes[..(int)count];
        bytes = bytes[(int)count..];
        return taken;
    }

    private static InvalidOnnxException NoModel(string path) => new(path, "its bytes are no ONNX model");
}
