namespace BatchSegmenter.Formats.Parquet;

/// <summary>The types of Thrift's compact encoding, by their numbers in it.</summary>
internal enum ThriftType : byte
{
    Stop = 0,
    True = 1,
    False = 2,
    Byte = 3,
    I16 = 4,
    I32 = 5,
    I64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
    Uuid = 13,
}

/// <summary>What a field of a Thrift structure holds.</summary>
/// <param name="Type">Its type; <see cref="ThriftType.True"/> stands for either truth.</param>
/// <param name="Of">The fields of the structure, or of each structure of the list; null where there is none.</param>
/// <param name="Element">The type of a list's elements.</param>
/// <param name="Max">The greatest value of a count or size, the least of which is 0; null where any value goes.</param>
internal sealed record ThriftField(ThriftType Type, ThriftStruct? Of = null, ThriftType Element = ThriftType.Stop, long? Max = null)
{
    public static readonly ThriftField Truth = new(ThriftType.True);
    public static readonly ThriftField Byte = new(ThriftType.Byte);
    public static readonly ThriftField I32 = new(ThriftType.I32);
    public static readonly ThriftField I64 = new(ThriftType.I64);
    public static readonly ThriftField Binary = new(ThriftType.Binary);
    public static readonly ThriftField Empty = Struct([]);

    public static ThriftField Struct(ThriftStruct of) => new(ThriftType.Struct, of);

    public static ThriftField List(ThriftType element) => new(ThriftType.List, Element: element);

    public static ThriftField List(ThriftStruct of) => new(ThriftType.List, of, ThriftType.Struct);

    public static ThriftField UpTo(long max) => new(ThriftType.I32, Max: max);
}

/// <summary>The fields of a Thrift structure that are kept, by their numbers.</summary>
internal sealed class ThriftStruct : Dictionary<short, ThriftField>;
