using System.Runtime.InteropServices;
using BatchSegmenter.Onnx.Graph;
using Google.Protobuf;

namespace BatchSegmenter.Onnx.Serialization;

/// <summary>
/// The bytes of an <c>.onnx</c> file to a graph, with the graphs within its nodes. Reads tensors of any element type that lie in the file
/// itself; refuses external weights, which nothing here would carry along.
/// </summary>
public static class OnnxReader
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidOnnxException">The content is not an ONNX model that can be read here.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static OnnxGraph Read(string path) => Read(File.ReadAllBytes(path), path);

    /// <summary>Reads the bytes of a file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="path">What to call it in an error.</param>
    /// <exception cref="InvalidOnnxException">The content is not an ONNX model that can be read here.</exception>
    public static OnnxGraph Read(ReadOnlyMemory<byte> bytes, string path)
    {
        ModelProto model;
        try
        {
            model = ModelProto.Parser.ParseFrom(bytes.Span);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new InvalidOnnxException(path, $"its {bytes.Length} bytes are no ONNX model ({fault.Message})", fault);
        }
        if (model.Graph is null)
            throw new InvalidOnnxException(path, $"its {bytes.Length} bytes are no ONNX model: there is no graph in it");
        long opset = model.OpsetImport.FirstOrDefault(import => import.Domain is "" or "ai.onnx")?.Version
            ?? throw new InvalidOnnxException(path, "it names no version of the ONNX operator set");
        return GraphOf(model.Graph, (int)opset, path);
    }

    private static OnnxGraph GraphOf(GraphProto proto, int opset, string path) => new()
    {
        Name = proto.Name,
        Opset = opset,
        Inputs = [.. proto.Input.Select(input => ValueOf(input, path))],
        Outputs = [.. proto.Output.Select(output => ValueOf(output, path))],
        Initializers = [.. proto.Initializer.Select(tensor => TensorOf(tensor, path))],
        Nodes = [.. proto.Node.Select(node => NodeOf(node, opset, path))],
    };

    private static OnnxValue ValueOf(ValueInfoProto proto, string path)
    {
        TypeProto.Types.Tensor tensor = proto.Type?.TensorType
            ?? throw new InvalidOnnxException(path, $"{proto.Name} is no tensor");
        return new OnnxValue(proto.Name, (ElementType)tensor.ElemType, [.. (tensor.Shape?.Dim ?? []).Select(DimensionOf)]);
    }

    private static Dimension DimensionOf(TensorShapeProto.Types.Dimension proto) => proto.ValueCase switch
    {
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimValue => proto.DimValue,
        TensorShapeProto.Types.Dimension.ValueOneofCase.DimParam => proto.DimParam,
        _ => default,
    };

    private static OnnxTensor TensorOf(TensorProto proto, string path)
    {
        if (proto.DataLocation != 0)
            throw new InvalidOnnxException(path, $"tensor {proto.Name} lies in another file; save the model with its weights inside");
        ReadOnlyMemory<byte> bytes = proto switch
        {
            { HasRawData: true } => proto.RawData.Memory,
            { FloatData.Count: > 0 } => MemoryMarshal.AsBytes<float>(proto.FloatData.ToArray()).ToArray(),
            { Int64Data.Count: > 0 } => MemoryMarshal.AsBytes<long>(proto.Int64Data.ToArray()).ToArray(),
            { DoubleData.Count: > 0 } => MemoryMarshal.AsBytes<double>(proto.DoubleData.ToArray()).ToArray(),
            { DataType: (int)ElementType.Bool, Int32Data.Count: > 0 } => proto.Int32Data.Select(value => (byte)(value == 0 ? 0 : 1)).ToArray(),
            { DataType: (int)ElementType.Int32, Int32Data.Count: > 0 } => MemoryMarshal.AsBytes<int>(proto.Int32Data.ToArray()).ToArray(),
            _ => default,
        };
        OnnxTensor tensor = new(proto.Name, (ElementType)proto.DataType, [.. proto.Dims], bytes);
        int elementSize = tensor.Type switch
        {
            ElementType.Bool => 1,
            ElementType.Float32 or ElementType.Int32 => 4,
            ElementType.Int64 or ElementType.Float64 => 8,
            _ => 0,
        };
        Int128 expected = elementSize;
        foreach (long extent in tensor.Shape)
        {
            if (extent < 0) throw new InvalidOnnxException(path, $"tensor {tensor.Name} has an extent of {extent}");
            expected = Int128.Min(expected * extent, long.MaxValue);
        }
        if (elementSize > 0 && expected != bytes.Length)
            throw new InvalidOnnxException(
                path, $"tensor {tensor.Name} has {bytes.Length} bytes, but its shape [{string.Join(", ", tensor.Shape)}] asks for {expected}");
        return tensor;
    }

    private static OnnxNode NodeOf(NodeProto proto, int opset, string path) => new(
        proto.OpType, proto.Name, [.. proto.Input], [.. proto.Output], [.. proto.Attribute.Select(it => AttributeOf(it, proto, opset, path))], proto.Domain);

    private static OnnxAttribute AttributeOf(AttributeProto proto, NodeProto node, int opset, string path) => new(proto.Name, proto.Type switch
    {
        AttributeProto.Types.AttributeType.Int => proto.I,
        AttributeProto.Types.AttributeType.Float => proto.F,
        AttributeProto.Types.AttributeType.String => proto.S.ToStringUtf8(),
        AttributeProto.Types.AttributeType.Ints => proto.Ints.ToArray(),
        AttributeProto.Types.AttributeType.Floats => proto.Floats.ToArray(),
        AttributeProto.Types.AttributeType.Tensor when proto.T is not null => TensorOf(proto.T, path),
        AttributeProto.Types.AttributeType.Graph when proto.G is not null => GraphOf(proto.G, opset, path),
        _ => throw new InvalidOnnxException(path, $"attribute {proto.Name} of node {node.Name} ({node.OpType}) is of type {proto.Type}, which is not read here"),
    });
}
