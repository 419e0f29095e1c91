using BatchSegmenter.Formats.Records;

namespace BatchSegmenter.Formats.Npy;

/// <summary>
/// Reads NPY files, versions 1 to 3: arrays of points × 3 to 7 columns, and arrays of records with named fields.
/// </summary>
/// <param name="stream">Seekable; closed with the reader (also where this throws).</param>
/// <param name="path">The name that messages give.</param>
/// <param name="options">How to read; by default <see cref="PointReadOptions.Default"/>.</param>
internal sealed class NpyReader(Stream stream, string path, PointReadOptions? options = null) : RecordCloudReader(stream, path, options, Understand)
{
    /// <summary>The columns of an array without names, by their number.</summary>
    private static readonly Dictionary<long, string[]> Columns = new()
    {
        [3] = ["x", "y", "z"],
        [4] = ["x", "y", "z", "intensity"],
        [5] = ["x", "y", "z", "intensity", "classification"],
        [6] = ["x", "y", "z", "red", "green", "blue"],
        [7] = ["x", "y", "z", "red", "green", "blue", "classification"],
    };

    private static RecordCloud Understand(Stream stream, string path)
    {
        NpyHeader header = NpyHeader.Read(stream, path);
        string shape = $"({string.Join(", ", header.Shape.Take(8))})";
        List<string> remarks = [];
        IReadOnlyList<RecordProperty> properties;
        if (header.IsStructured)
        {
            if (header.Shape.Length != 1) throw new UnsupportedPointCloudException(path, 0, $"an array of records of shape {shape}; one axis is read.");
            properties = header.Fields;
            if (!PropertyNames.HasPosition(properties))
            {
                string names = string.Join(", ", properties.Take(20).Select(field => HeaderLines.Short(field.Name)));
                throw new UnsupportedPointCloudException(path, 0, $"the records have no x, y and z, but {(names.Length == 0 ? "nothing" : names)}.");
            }
        }
        else
        {
            if (header.Shape.Length != 2 || !Columns.TryGetValue(header.Shape[1], out string[]? names))
                throw new UnsupportedPointCloudException(path, 0, $"an array of shape {shape}; points × 3 to 7 columns are read (x y z, then intensity, or red green blue and class).");
            properties = [.. names.Select(name => header.Fields[0] with { Name = name })];
            remarks.Add($"the {names.Length} columns of the array are taken as {string.Join(", ", names)}.");
        }

        return header is { IsFortranOrder: true, IsStructured: false }
            ? RecordCloudOf.Columns("npy", stream, path, header.Length, header.Shape[0], properties, header.IsBigEndian, remarks)
            : RecordCloudOf.Binary("npy", stream, path, header.Length, header.Shape[0], properties, header.IsBigEndian, remarks);
    }
}
