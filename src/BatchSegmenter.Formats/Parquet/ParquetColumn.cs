namespace BatchSegmenter.Formats.Parquet;

/// <summary>What a column of <see cref="ParquetTableWriter"/> holds.</summary>
public enum ParquetColumnType
{
    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>0 to 255.</summary>
    UInt8,

    /// <summary>0 to 65535.</summary>
    UInt16,

    /// <summary>Whole numbers of 32 bits with a sign.</summary>
    Int32,

    /// <summary>Whole numbers of 64 bits with a sign.</summary>
    Int64,

    /// <summary>Floating point of 32 bits.</summary>
    Float,

    /// <summary>Floating point of 64 bits.</summary>
    Double,

    /// <summary>Text.</summary>
    Text,
}

/// <summary>A column of a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What it holds.</param>
/// <param name="IsNullable">Whether the schema allows nulls.</param>
public sealed record ParquetColumn(string Name, ParquetColumnType Type, bool IsNullable = false);
