using System.Buffers.Binary;

namespace BatchSegmenter.Formats.Records;

/// <summary>Binary records of which no two need to be of one length, because they have lists. What means something is packed.</summary>
/// <param name="stream">The file.</param>
/// <param name="path">Its name in messages.</param>
/// <param name="start">Byte offset of the first record.</param>
/// <param name="isBigEndian">Byte order of the file.</param>
/// <param name="properties">What a record has, in order.</param>
/// <param name="offsets">Where each property goes in the packed record; negative for those that are passed over.</param>
internal sealed class ListRecords(Stream stream, string path, long start, bool isBigEndian, IReadOnlyList<RecordProperty> properties, int[] offsets) : RecordRuns
{
    private readonly ByteCursor _cursor = new(stream, path);

    public override long Position => _cursor.Position;

    public override void Rewind() => _cursor.Start(start);

    public override int Read(Span<byte> records)
    {
        int done = 0;
        for (; (done + 1) * Stride <= records.Length; done++)
        {
            long at = _cursor.Position;
            try
            {
                ReadRecord(_cursor, isBigEndian, properties, offsets, records.Slice(done * Stride, Stride));
            }
            catch (InvalidPointCloudException) when (done > 0)
            {
                _cursor.Start(at); // the records before are whole; the next call comes back to this one
                break;
            }
        }

        return done;
    }

    /// <summary>Passes over one record, keeping what has an offset.</summary>
    public static void ReadRecord(ByteCursor cursor, bool isBigEndian, IReadOnlyList<RecordProperty> properties, ReadOnlySpan<int> offsets, Span<byte> record)
    {
        for (int i = 0; i < properties.Count; i++)
        {
            RecordProperty property = properties[i];
            if (property.ListCount is { } countType)
            {
                long count = ReadCount(cursor.Read(countType.Size()), countType, isBigEndian);
                if (count < 0) throw cursor.Fault($"a list \"{property.Name}\" of {count} values. The file is damaged.");
                cursor.Skip(count * property.Type.Size());
            }
            else if (offsets.IsEmpty || offsets[i] < 0) cursor.Skip(property.Size);
            else
            {
                int size = property.Type.Size();
                Span<byte> value = record.Slice(offsets[i], size);
                cursor.Read(size).CopyTo(value);
                if (isBigEndian) value.Reverse();
            }
        }
    }

    private static long ReadCount(ReadOnlySpan<byte> bytes, ScalarType type, bool isBigEndian)
    {
        Span<byte> value = stackalloc byte[4];
        value = value[..bytes.Length];
        bytes.CopyTo(value);
        if (isBigEndian) value.Reverse();
        return type switch
        {
            ScalarType.Int8 => (sbyte)value[0],
            ScalarType.UInt8 => value[0],
            ScalarType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(value),
            ScalarType.UInt16 => BinaryPrimitives.ReadUInt16LittleEndian(value),
            ScalarType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(value),
            _ => BinaryPrimitives.ReadUInt32LittleEndian(value),
        };
    }
}
