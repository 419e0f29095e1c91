using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Checkpoints;

/// <summary>One tensor of a checkpoint. Its place within its storage is checked; its elements are read when they are asked for.</summary>
public sealed class CheckpointTensor
{
    private readonly CheckpointStorage _storage;
    private readonly long _offset;
    private readonly long[] _shape;
    private readonly long[] _strides;
    private readonly int _count;

    /// <param name="name">Its key.</param>
    /// <param name="type">Element type.</param>
    /// <param name="storage">Where its elements stand.</param>
    /// <param name="offset">Of the first element, in elements.</param>
    /// <param name="shape">Extents, outermost first; their product is known to fit an array.</param>
    /// <param name="strides">Distance of neighbours along each axis, in elements; the farthest is known to be in the storage.</param>
    internal CheckpointTensor(string name, ElementType type, CheckpointStorage storage, long offset, long[] shape, long[] strides)
    {
        Name = name;
        Type = type;
        _storage = storage;
        _offset = offset;
        _shape = shape;
        _strides = strides;
        _count = (int)shape.Aggregate(1L, (product, extent) => product * extent);
    }

    /// <summary>Its key, without the prefixes that <see cref="Checkpoint.Remarks"/> says were stripped.</summary>
    public string Name { get; }

    /// <summary>The type of its elements in the file.</summary>
    public ElementType Type { get; }

    /// <summary>Extents, outermost axis first; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape => _shape;

    /// <summary>
    /// The elements as float32, row-major, whatever their order in the file; a new array at each call. Integers beyond
    /// 2²⁴ and doubles are rounded (doubles beyond float32 become infinite); truth values become 0 and 1.
    /// </summary>
    /// <exception cref="InvalidCheckpointException">The bytes do not match their checksum, or can't be inflated.</exception>
    public float[] ToFloats()
    {
        if (_count == 0) return [];
        float[] floats = new float[_count];
        ReadOnlySpan<byte> bytes = _storage.Bytes.Span;
        int size = ElementConversion.Size(Type);
        if (IsContiguous())
        {
            ElementConversion.ToFloats(Type, bytes[checked((int)(_offset * size))..], floats);
            return floats;
        }

        // All that the tensor spans is converted once; then the axes turn like an odometer.
        long last = _offset;
        for (int axis = 0; axis < _shape.Length; axis++) last += (_shape[axis] - 1) * _strides[axis];
        float[] spanned = new float[last - _offset + 1];
        ElementConversion.ToFloats(Type, bytes[checked((int)(_offset * size))..], spanned);
        long[] place = new long[_shape.Length];
        long position = 0;
        for (int i = 0; i < floats.Length; i++)
        {
            floats[i] = spanned[position];
            for (int axis = _shape.Length - 1; axis >= 0; axis--)
            {
                position += _strides[axis];
                if (++place[axis] < _shape[axis]) break;
                position -= _strides[axis] * _shape[axis];
                place[axis] = 0;
            }
        }
        return floats;
    }

    private bool IsContiguous()
    {
        long expected = 1;
        for (int axis = _shape.Length - 1; axis >= 0; axis--)
        {
            if (_shape[axis] != 1 && _strides[axis] != expected) return false;
            expected *= _shape[axis];
        }
        return true;
    }
}
