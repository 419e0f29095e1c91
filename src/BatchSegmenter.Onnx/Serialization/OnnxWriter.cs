using System.Text;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;
using Google.Protobuf;

namespace BatchSegmenter.Onnx.Serialization;

/// <summary>Graph to the bytes of an <c>.onnx</c> file. Equal graphs give equal bytes: no clock, no version, no hash order.</summary>
public static class OnnxWriter
{
    /// <summary>The file format's version that operator set 17 came with; runtimes since mid 2022 read it.</summary>
    private const int IrVersion = 8;

    /// <summary>The bytes of the graph's file.</summary>
    public static byte[] Write(OnnxGraph graph)
    {
        ModelProto model = new() { IrVersion = IrVersion, ProducerName = "BatchSegmenter", Graph = Body(graph) };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = graph.Opset });
        foreach (string domain in graph.WithInner().SelectMany(inner => inner.Nodes).Where(node => !node.IsStandard()).Select(node => node.Domain).Distinct().Order(StringComparer.Ordinal))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = domain, Version = 1 });
        return model.ToByteArray();
    }

    private static GraphProto Body(OnnxGraph graph)
    {
        GraphProto body = new() { Name = graph.Name };
        body.Node.AddRange(graph.Nodes.Select(Node));
        body.Initializer.AddRange(graph.Initializers.Select(Tensor));
        body.Input.AddRange(graph.Inputs.Select(ValueInfo));
        body.Output.AddRange(graph.Outputs.Select(ValueInfo));
        body.ValueInfo.AddRange(graph.Intermediates.Select(ValueInfo));
        return body;
    }

    private static NodeProto Node(OnnxNode node)
    {
        NodeProto proto = new() { Name = node.Name, OpType = node.Operator, Domain = node.Domain };
        proto.Input.AddRange(node.Inputs);
        proto.Output.AddRange(node.Outputs);
        proto.Attribute.AddRange(node.Attributes.Select(Attribute));
        return proto;
    }

    private static AttributeProto Attribute(OnnxAttribute attribute)
    {
        AttributeProto proto = new() { Name = attribute.Name };
        switch (attribute.Value)
        {
            case long value:
                (proto.I, proto.Type) = (value, AttributeProto.Types.AttributeType.Int);
                break;
            case float value:
                (proto.F, proto.Type) = (value, AttributeProto.Types.AttributeType.Float);
                break;
            case string value:
                (proto.S, proto.Type) = (ByteString.CopyFrom(value, Encoding.UTF8), AttributeProto.Types.AttributeType.String);
                break;
            case long[] values:
                proto.Ints.AddRange(values);
                proto.Type = AttributeProto.Types.AttributeType.Ints;
                break;
            case float[] values:
                proto.Floats.AddRange(values);
                proto.Type = AttributeProto.Types.AttributeType.Floats;
                break;
            case OnnxTensor tensor:
                (proto.T, proto.Type) = (Tensor(tensor), AttributeProto.Types.AttributeType.Tensor);
                break;
            case OnnxGraph graph:
                (proto.G, proto.Type) = (Body(graph), AttributeProto.Types.AttributeType.Graph);
                break;
            default:
                throw new ArgumentException($"Attribute {attribute.Name} holds a {attribute.Value.GetType()}, which ONNX has no type for.");
        }
        return proto;
    }

    private static TensorProto Tensor(OnnxTensor tensor)
    {
        TensorProto proto = new()
        {
            Name = tensor.Name,
            DataType = (int)tensor.Type,
            RawData = UnsafeByteOperations.UnsafeWrap(tensor.Bytes),
        };
        proto.Dims.AddRange(tensor.Shape);
        return proto;
    }

    private static ValueInfoProto ValueInfo(OnnxValue value)
    {
        TensorShapeProto shape = new();
        foreach (Dimension dimension in value.Shape)
        {
            TensorShapeProto.Types.Dimension proto = new();
            if (dimension.Size is long size) proto.DimValue = size;
            else if (dimension.Symbol is string symbol) proto.DimParam = symbol;
            shape.Dim.Add(proto);
        }
        TypeProto.Types.Tensor tensor = new() { ElemType = (int)value.Type, Shape = shape };
        return new ValueInfoProto { Name = value.Name, Type = new TypeProto { TensorType = tensor } };
    }
}
