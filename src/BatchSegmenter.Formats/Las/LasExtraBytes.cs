using System.Buffers.Binary;

namespace BatchSegmenter.Formats.Las;

/// <summary>The stored type of an extra-bytes attribute; numbers are those of the LAS specification.</summary>
public enum LasExtraBytesType
{
    /// <summary>Bytes without a declared meaning.</summary>
    Undocumented = 0,

    /// <summary>Unsigned, 8 bits.</summary>
    UInt8 = 1,

    /// <summary>Signed, 8 bits.</summary>
    Int8 = 2,

    /// <summary>Unsigned, 16 bits.</summary>
    UInt16 = 3,

    /// <summary>Signed, 16 bits.</summary>
    Int16 = 4,

    /// <summary>Unsigned, 32 bits.</summary>
    UInt32 = 5,

    /// <summary>Signed, 32 bits.</summary>
    Int32 = 6,

    /// <summary>Unsigned, 64 bits.</summary>
    UInt64 = 7,

    /// <summary>Signed, 64 bits.</summary>
    Int64 = 8,

    /// <summary>Floating point, 32 bits.</summary>
    Float32 = 9,

    /// <summary>Floating point, 64 bits.</summary>
    Float64 = 10,
}

/// <summary>One attribute beyond the point format, as the extra-bytes record (LASF_Spec 4) describes it.</summary>
/// <param name="Name">The attribute's name, as stored.</param>
/// <param name="Type">The type of one component.</param>
/// <param name="Components">1, or 2–3 for the deprecated tuple types.</param>
/// <param name="Offset">Byte offset within the point record.</param>
/// <param name="Length">Bytes of the attribute, all components.</param>
/// <param name="Scale">What a stored value is multiplied by, per component; 1 where none is given.</param>
/// <param name="Shift">What is added to the scaled value, per component; 0 where none is given.</param>
/// <param name="NoData">The 8 bytes that mark a missing value of the first component, or null where none is declared.</param>
/// <param name="Description">Free text.</param>
public sealed record LasExtraBytes(
    string Name, LasExtraBytesType Type, int Components, int Offset, int Length, IReadOnlyList<double> Scale, IReadOnlyList<double> Shift,
    ReadOnlyMemory<byte>? NoData, string Description)
{
    internal const int DescriptorLength = 192;
    internal const int RecordId = 4;
    private static readonly int[] TypeLengths = [0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8];

    /// <summary>
    /// The attributes of a record. Descriptors are taken in the order of the file; those that no longer fit the record length are
    /// left out, since their bytes are not there.
    /// </summary>
    internal static List<LasExtraBytes> Find(IEnumerable<LasVlr> vlrs, IEnumerable<LasVlr> evlrs, int formatLength, int recordLength)
    {
        List<LasExtraBytes> attributes = [];
        int offset = formatLength;
        foreach (LasVlr vlr in vlrs.Concat(evlrs).Where(vlr => vlr.Is("LASF_Spec", RecordId)))
        {
            for (ReadOnlyMemory<byte> rest = vlr.Payload; rest.Length >= DescriptorLength; rest = rest[DescriptorLength..])
            {
                LasExtraBytes attribute = Parse(rest[..DescriptorLength], offset);
                if (attribute.Length == 0) continue;
                if (attribute.Length > recordLength - offset) return attributes;
                attributes.Add(attribute);
                offset += attribute.Length;
            }
        }

        return attributes;
    }

    /// <summary>A descriptor for a scalar attribute without scale, offset or no-data value.</summary>
    internal static byte[] Descriptor(string name, LasExtraBytesType type, string description)
    {
        byte[] descriptor = new byte[DescriptorLength];
        descriptor[2] = (byte)type;
        LasVlr.WriteText(descriptor.AsSpan(4, 32), name);
        LasVlr.WriteText(descriptor.AsSpan(160, 32), description);
        return descriptor;
    }

    /// <summary>The record that describes one attribute, the only one behind each point of a new file.</summary>
    /// <param name="name">Its name, at most 32 characters.</param>
    /// <param name="type">Its type; one value per point.</param>
    /// <param name="description">What it is, at most 32 characters.</param>
    public static LasVlr Record(string name, LasExtraBytesType type, string description) =>
        LasVlr.Create("LASF_Spec", RecordId, "Extra bytes", Descriptor(name, type, description));

    /// <summary>
    /// The variable length records with a descriptor added behind those of a record's present bytes. Descriptors beyond the record
    /// length are dropped and undescribed bytes get a descriptor without a type, so that the new attribute starts at the old end.
    /// </summary>
    internal static List<LasVlr> Append(IReadOnlyList<LasVlr> vlrs, int formatLength, int recordLength, byte[] descriptor)
    {
        List<LasVlr> result = [];
        int last = -1, offset = formatLength;
        bool fits = true;
        foreach (LasVlr vlr in vlrs)
        {
            if (!vlr.Is("LASF_Spec", RecordId))
            {
                result.Add(vlr);
                continue;
            }

            int kept = 0;
            for (; fits && kept + DescriptorLength <= vlr.Payload.Length; kept += DescriptorLength)
            {
                int length = Parse(vlr.Payload.Slice(kept, DescriptorLength), 0).Length;
                if (length > recordLength - offset)
                {
                    fits = false;
                    break;
                }

                offset += length;
            }

            last = result.Count;
            result.Add(kept == vlr.Payload.Length ? vlr : vlr.WithPayload(vlr.Payload.Span[..kept].ToArray()));
        }

        List<byte> added = [];
        for (int length; offset < recordLength; offset += length)
        {
            length = Math.Min(byte.MaxValue, recordLength - offset);
            byte[] filler = Descriptor("undocumented", LasExtraBytesType.Undocumented, "");
            filler[3] = (byte)length;
            added.AddRange(filler);
        }

        added.AddRange(descriptor);
        if (last >= 0 && result[last].Payload.Length + added.Count <= ushort.MaxValue)
            result[last] = result[last].WithPayload([.. result[last].Payload.Span, .. added]);
        else result.Insert(last < 0 ? result.Count : last + 1, LasVlr.Create("LASF_Spec", RecordId, "Extra bytes", [.. added]));
        return result;
    }

    private static LasExtraBytes Parse(ReadOnlyMemory<byte> memory, int offset)
    {
        ReadOnlySpan<byte> descriptor = memory.Span;
        int code = descriptor[2], options = descriptor[3];
        int components = code is >= 1 and <= 30 ? 1 + (code - 1) / 10 : 1;
        LasExtraBytesType type = code is >= 1 and <= 30 ? (LasExtraBytesType)((code - 1) % 10 + 1) : LasExtraBytesType.Undocumented;
        // Without a type, the options byte holds the number of bytes.
        int length = type == LasExtraBytesType.Undocumented ? options : TypeLengths[(int)type] * components;
        if (type == LasExtraBytesType.Undocumented) options = 0;
        double[] scale = new double[components], shift = new double[components];
        for (int i = 0; i < components; i++)
        {
            scale[i] = (options & 8) != 0 ? BinaryPrimitives.ReadDoubleLittleEndian(descriptor[(112 + 8 * i)..]) : 1;
            shift[i] = (options & 16) != 0 ? BinaryPrimitives.ReadDoubleLittleEndian(descriptor[(136 + 8 * i)..]) : 0;
        }

        return new LasExtraBytes(
            LasVlr.TextOf(descriptor.Slice(4, 32)), type, components, offset, length, scale, shift,
            (options & 1) != 0 ? memory.Slice(40, 8) : null, LasVlr.TextOf(descriptor.Slice(160, 32)));
    }
}
