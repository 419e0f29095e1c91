using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Checkpoints.Pickles;

/// <summary>What of PyTorch a pickle may name: tensors, parameters, storages and element types.</summary>
internal static class TorchGlobals
{
    /// <summary>The most axes that a PyTorch tensor has.</summary>
    private const int MostAxes = 64;

    /// <summary>Elements that a tensor may have although its storage has fewer (an expanded one repeats them).</summary>
    private const int MostRepeated = 1 << 20;

    /// <summary>Element types by the name of the class of storage.</summary>
    public static readonly Dictionary<string, ElementType> Storages = new()
    {
        ["torch.FloatStorage"] = ElementType.Float32,
        ["torch.HalfStorage"] = ElementType.Float16,
        ["torch.BFloat16Storage"] = ElementType.BFloat16,
        ["torch.DoubleStorage"] = ElementType.Float64,
        ["torch.LongStorage"] = ElementType.Int64,
        ["torch.IntStorage"] = ElementType.Int32,
        ["torch.ShortStorage"] = ElementType.Int16,
        ["torch.CharStorage"] = ElementType.Int8,
        ["torch.ByteStorage"] = ElementType.UInt8,
        ["torch.BoolStorage"] = ElementType.Bool,
        ["torch.UntypedStorage"] = ElementType.UInt8,
        ["torch.storage.UntypedStorage"] = ElementType.UInt8,
        ["torch.storage._UntypedStorage"] = ElementType.UInt8,
    };

    private static readonly Dictionary<string, ElementType> Types = new()
    {
        ["torch.float32"] = ElementType.Float32,
        ["torch.float16"] = ElementType.Float16,
        ["torch.bfloat16"] = ElementType.BFloat16,
        ["torch.float64"] = ElementType.Float64,
        ["torch.int64"] = ElementType.Int64,
        ["torch.int32"] = ElementType.Int32,
        ["torch.int16"] = ElementType.Int16,
        ["torch.int8"] = ElementType.Int8,
        ["torch.uint8"] = ElementType.UInt8,
        ["torch.bool"] = ElementType.Bool,
    };

    private static readonly PickleGlobal[] Rebuilders =
    [
        new("torch._utils._rebuild_tensor", call => Tensor(call, null)),
        new("torch._utils._rebuild_tensor_v2", call => Tensor(call, null)),
        new("torch._utils._rebuild_tensor_v3", call => Tensor(call, TypeOf(call.Argument<PickleGlobal>(6, "an element type"), call))),
        new("torch._utils._rebuild_parameter", call => call.Argument<PickleTensor>(0, "a tensor")),
        new("torch._utils._rebuild_parameter_with_state", call => call.Argument<PickleTensor>(0, "a tensor")),
        new("torch.nn.parameter.Parameter", call => call.Argument<PickleTensor>(0, "a tensor")),
    ];

    public static IEnumerable<PickleGlobal> All =>
    [
        .. Rebuilders,
        new("torch._utils._rebuild_from_type_v2", OfType),
        new("torch.Tensor", null),
        new("torch.Size", call => call.Argument<object?[]>(0, "a tuple")),
        new("torch.device", _ => new PickleRecord("torch.device")),
        new("torch.serialization._get_layout", _ => new PickleRecord("torch.layout")),
        .. Storages.Keys.Select(name => new PickleGlobal(name, null)),
        .. Types.Keys.Select(name => new PickleGlobal(name, null)),
    ];

    /// <summary>A tensor of a subclass, such as a parameter with attributes. Only functions that do not call another are called.</summary>
    private static object? OfType(PickleCall call)
    {
        PickleGlobal function = call.Argument<PickleGlobal>(0, "a function");
        call.Argument<PickleGlobal>(1, "a class");
        return Array.IndexOf(Rebuilders, function) >= 0
            ? function.Make!(call with { Name = function.Name, Arguments = call.Argument<object?[]>(2, "a tuple") })
            : throw call.Invalid($"{function.Name}, which makes no tensor");
    }

    private static ElementType TypeOf(PickleGlobal type, PickleCall call) => Types.TryGetValue(type.Name, out ElementType elements) ? elements : throw call.Invalid($"{type.Name}, which is no element type");

    private static PickleTensor Tensor(PickleCall call, ElementType? given)
    {
        PickleStorage view = call.Argument<PickleStorage>(0, "a storage");
        long offset = call.Argument<long>(1, "an offset");
        long[] shape = call.Integers(2, MostAxes, "a shape");
        long[] strides = call.Integers(3, MostAxes, "strides");
        ElementType type = given ?? view.Storage.Type;
        long available = view.Count * ElementConversion.Size(view.Storage.Type) / ElementConversion.Size(type);

        if (shape.Length != strides.Length) throw call.Invalid($"{shape.Length} extents, but {strides.Length} strides");
        if (offset < 0 || shape.Any(extent => extent < 0) || strides.Any(stride => stride < 0))
            throw call.Invalid($"offset {offset}, shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}]; none may be negative");
        Int128 count = shape.Contains(0) ? 0 : 1;
        Int128 last = offset;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            count = Int128.Min(count * shape[axis], long.MaxValue);
            last = Int128.Min(last + (Int128)Math.Max(shape[axis] - 1, 0) * strides[axis], long.MaxValue);
        }
        if (count == 0) return new PickleTensor(type, view.Storage, 0, shape, strides);
        if (last >= available)
            throw call.Invalid($"offset {offset}, shape [{string.Join(", ", shape)}], strides [{string.Join(", ", strides)}], which reach element {last} of a storage of {available}");
        if (count > Math.Max(available, MostRepeated))
            throw call.Source.Unsupported(call.Offset, $"a tensor of {count} elements over a storage of {available}; save it as tensor.contiguous()");
        if (given is not null && view.Offset != 0) throw call.Invalid("another element type than that of the storage it is a part of");
        return new PickleTensor(type, view.Storage, view.Offset + offset, shape, strides);
    }
}
