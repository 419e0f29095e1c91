using BatchSegmenter.Formats.Records;

namespace BatchSegmenter.Formats.Npy;

/// <summary>Reads the types of an NPY header, which must agree on their byte order.</summary>
/// <param name="header">The header, for its errors.</param>
internal sealed class NpyType(PythonLiteral header)
{
    private const int MaxValues = 1 << 16;

    private bool? _isBigEndian;

    /// <summary>Byte order of the types read so far.</summary>
    public bool IsBigEndian => _isBigEndian ?? false;

    /// <summary>A single type such as <c>&lt;f4</c>.</summary>
    public RecordProperty Value(string name, string type, int count = 1)
    {
        ScalarType scalar = (type.Length > 0 ? type[1..] : "") switch
        {
            "i1" => ScalarType.Int8,
            "u1" or "b1" => ScalarType.UInt8,
            "i2" => ScalarType.Int16,
            "u2" => ScalarType.UInt16,
            "i4" => ScalarType.Int32,
            "u4" => ScalarType.UInt32,
            "i8" => ScalarType.Int64,
            "u8" => ScalarType.UInt64,
            "f2" => ScalarType.Float16,
            "f4" => ScalarType.Float32,
            "f8" => ScalarType.Float64,
            _ => throw header.Unsupported($"values of type \"{HeaderLines.Short(type)}\"; whole numbers of 1 to 8 bytes and floats of 2 to 8 are read. Save the array as float64"),
        };
        if (scalar.Size() == 1) return new RecordProperty(name, scalar, count);
        bool isBig = type[0] switch
        {
            '<' or '=' => false,
            '>' => true,
            _ => throw header.Fault($"a type \"{HeaderLines.Short(type)}\" without a byte order"),
        };
        if (_isBigEndian is { } other && other != isBig) throw header.Unsupported("fields of different byte order");
        _isBigEndian = isBig;
        return new RecordProperty(name, scalar, count);
    }

    /// <summary>The fields of a structured type. One of three values named like a position or a colour becomes three.</summary>
    public List<RecordProperty> Fields(List<object> fields)
    {
        List<RecordProperty> properties = [];
        foreach (object item in fields)
        {
            if (item is not List<object> { Count: 2 or 3 } field || field[0] is not string name) throw header.Fault("a field that is not (name, type)");
            if (field[1] is not string type) throw header.Unsupported($"the nested field \"{HeaderLines.Short(name)}\"");
            long count = 1;
            foreach (object length in field.Count == 3 ? field[2] as List<object> ?? [field[2]] : [])
            {
                if (length is not (long and >= 1 and <= MaxValues)) throw header.Fault($"a field \"{HeaderLines.Short(name)}\" with a shape that is not of whole numbers");
                if ((count *= (long)length) > MaxValues) throw header.Unsupported($"the field \"{HeaderLines.Short(name)}\" of more than {MaxValues} values");
            }

            RecordProperty property = Value(name, type, (int)count);
            string[] parts = count != 3 ? [] : name.ToLowerInvariant() switch
            {
                "xyz" or "pos" or "position" or "positions" or "points" or "coord" or "coords" => ["x", "y", "z"],
                "rgb" or "color" or "colors" => ["red", "green", "blue"],
                _ => [],
            };
            if (parts.Length == 0) properties.Add(property);
            else properties.AddRange(parts.Select(part => new RecordProperty(part, property.Type)));
        }

        return properties;
    }
}
