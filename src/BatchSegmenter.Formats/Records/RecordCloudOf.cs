namespace BatchSegmenter.Formats.Records;

/// <summary>Lays out the records of a file by the properties that its header states.</summary>
internal static class RecordCloudOf
{
    private const int MaxRecord = 1 << 20;

    /// <summary>Lines of numbers.</summary>
    public static RecordCloud Ascii(
        string format, Stream stream, string path, long start, long count, IReadOnlyList<RecordProperty> properties, List<string> remarks)
    {
        if (properties.Sum(property => (long)property.Count) > AsciiRecords.MaxValues)
            throw new UnsupportedPointCloudException(path, 0, $"a point has more than {AsciiRecords.MaxValues} values.");
        List<(PointField Field, int Index)> matches = PropertyNames.Match(properties);
        Dictionary<int, RecordField> fields = [];
        foreach ((PointField meaning, int index) in matches)
        {
            RecordProperty property = properties[index];
            ScalarType stored = meaning == PointField.PackedColor ? ScalarType.UInt32 : ScalarType.Float64;
            fields.Add(index, new RecordField(meaning, property.Name, stored, property.Type, 8 * fields.Count));
        }

        List<AsciiValue> values = [];
        for (int i = 0; i < properties.Count; i++)
        {
            RecordProperty property = properties[i];
            AsciiValue value = fields.TryGetValue(i, out RecordField? field)
                ? new AsciiValue(field.Offset, field.Meaning == PointField.PackedColor ? property.Type : null)
                : new AsciiValue(-1, IsList: property.ListCount is not null);
            values.AddRange(Enumerable.Repeat(value, property.Count));
        }

        AsciiRecords runs = new(stream, path, start, [.. values]) { Path = path, Count = count, Stride = 8 * fields.Count };
        return new RecordCloud(format, runs, new RecordLayout(fields.Values), remarks);
    }

    /// <summary>Binary records, one after another.</summary>
    public static RecordCloud Binary(
        string format, Stream stream, string path, long start, long count, IReadOnlyList<RecordProperty> properties, bool isBigEndian, List<string> remarks)
    {
        bool hasLists = properties.Any(property => property.ListCount is not null);
        List<(PointField Field, int Index)> matches = PropertyNames.Match(properties);
        int[] offsets = [.. Enumerable.Repeat(-1, properties.Count)];
        long size = 0;
        for (int i = 0; i < properties.Count; i++)
        {
            bool isKept = matches.Exists(match => match.Index == i);
            if (isKept) offsets[i] = (int)size;
            if (isKept || !hasLists) size += properties[i].Size;
            if (size > MaxRecord) throw new UnsupportedPointCloudException(path, 0, $"a point has more than {MaxRecord} bytes.");
        }

        RecordField[] fields = [.. matches.Select(match => FieldOf(match.Field, properties[match.Index], offsets[match.Index]))];
        RecordRuns runs = hasLists
            ? new ListRecords(stream, path, start, isBigEndian, properties, offsets) { Path = path, Count = count, Stride = (int)size }
            : new FixedRecords(stream, start, isBigEndian ? [.. fields.Select(field => (field.Offset, field.Stored.Size()))] : [])
            {
                Path = path, Count = count, Stride = (int)size,
            };
        return new RecordCloud(format, runs, new RecordLayout(fields), remarks);
    }

    /// <summary>Columns of values, one after another; a property of several values takes their room together.</summary>
    public static RecordCloud Columns(
        string format, Stream source, string path, long start, long count, IReadOnlyList<RecordProperty> properties, bool isBigEndian, List<string> remarks)
    {
        List<(PointField Field, int Index)> matches = PropertyNames.Match(properties);
        List<RecordField> fields = [];
        List<StoredColumn> columns = [];
        int offset = 0;
        UInt128 at = (ulong)start;
        for (int i = 0; i < properties.Count; i++)
        {
            RecordProperty property = properties[i];
            int match = matches.FindIndex(match => match.Index == i);
            if (match >= 0)
            {
                if (at > long.MaxValue) throw new InvalidPointCloudException(path, source.Length, $"the file has {source.Length} bytes; its header promises {count} points. The header is corrupt.");
                fields.Add(FieldOf(matches[match].Field, property, offset));
                columns.Add(new StoredColumn((long)at, property.Type.Size(), offset));
                offset += property.Type.Size();
            }

            at += (UInt128)(ulong)count * (ulong)property.Size;
        }

        ColumnRecords runs = new(source, isBigEndian, [.. columns]) { Path = path, Count = count, Stride = offset };
        return new RecordCloud(format, runs, new RecordLayout(fields), remarks);
    }

    /// <summary>The field of a property that is stored as it is declared (a packed colour as its 32 bits).</summary>
    public static RecordField FieldOf(PointField meaning, RecordProperty property, int offset) =>
        new(meaning, property.Name, meaning == PointField.PackedColor ? ScalarType.UInt32 : property.Type, property.Type, offset);
}
