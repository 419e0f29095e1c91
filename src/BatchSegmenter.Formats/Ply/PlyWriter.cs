using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace BatchSegmenter.Formats.Ply;

/// <summary>
/// Writes a binary little endian PLY file: x, y and z as doubles, then each attribute of the first columns written, under its LAS name in
/// snake case and in its own type (16-bit colours are <c>ushort</c>).
/// </summary>
public sealed class PlyWriter : PointCloudWriter
{
    private const int RunBytes = 128 << 10;
    private const int CountDigits = 19;

    private readonly Stream _destination;
    private readonly bool _leaveOpen;
    private readonly long _start;
    private byte[]? _records;
    private PointAttributes _attributes;
    private int _stride;
    private bool _completed;
    private bool _disposed;

    /// <summary>Makes a writer; nothing is written yet.</summary>
    /// <param name="destination">A seekable stream (the count is written last); the file starts at its position.</param>
    /// <param name="leaveOpen">Whether the stream stays open when the writer is disposed.</param>
    /// <exception cref="ArgumentException">The stream cannot seek.</exception>
    public PlyWriter(Stream destination, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(destination);
        if (!destination.CanSeek) throw new ArgumentException("The destination must be seekable: the count is written last.", nameof(destination));
        _destination = destination;
        _leaveOpen = leaveOpen;
        _start = destination.Position;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The columns have other attributes than the first ones.</exception>
    public override void Write(PointColumns columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_completed) throw new InvalidOperationException("The file is complete.");
        if (_records is null) Begin(columns);
        if (columns.Attributes != _attributes) throw new ArgumentException($"The columns have {columns.Attributes}; the file was begun with {_attributes}.", nameof(columns));
        int runPoints = RunBytes / _stride;
        for (int first = 0; first < columns.Count; first += runPoints)
        {
            int points = Math.Min(runPoints, columns.Count - first);
            int offset = 0;
            foreach ((_, Array column) in AttributeColumns.Of(columns))
                offset += column switch
                {
                    double[] values => Pack<double>(values.AsSpan(first, points), offset),
                    float[] values => Pack<float>(values.AsSpan(first, points), offset),
                    ushort[] values => Pack<ushort>(values.AsSpan(first, points), offset),
                    int[] values => Pack<int>(values.AsSpan(first, points), offset),
                    _ => Pack<byte>(((byte[])(object)column).AsSpan(first, points), offset), // class flags are bytes to the runtime
                };
            _destination.Write(_records!, 0, points * _stride);
        }

        PointCount += columns.Count;
    }

    /// <inheritdoc/>
    public override void Complete()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_completed) return;
        if (_records is null) Begin(new PointColumns(0, PointAttributes.None));
        long end = _destination.Position;
        _destination.Position = _start;
        _destination.Write(Prologue(PointCount));
        _destination.Position = end;
        _destination.Flush();
        _completed = true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!disposing || _disposed) return;
        _disposed = true;
        if (_records is { } records) ArrayPool<byte>.Shared.Return(records);
        if (!_leaveOpen) _destination.Dispose();
    }

    /// <summary>The header up to the count, of one length for every count: the comment before it fills what the digits leave.</summary>
    private static byte[] Prologue(long count)
    {
        string digits = count.ToString(CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes($"ply\nformat binary_little_endian 1.0\ncomment {new string('-', CountDigits + 1 - digits.Length)}\nelement vertex {digits}\n");
    }

    private static string TypeOf(Array column) => column switch
    {
        double[] => "double",
        float[] => "float",
        ushort[] => "ushort",
        int[] => "int",
        _ => "uchar",
    };

    private void Begin(PointColumns columns)
    {
        _attributes = columns.Attributes;
        StringBuilder properties = new();
        foreach ((string name, Array column) in AttributeColumns.Of(columns))
        {
            string type = TypeOf(column);
            properties.Append(CultureInfo.InvariantCulture, $"property {type} {name}\n");
            _stride += type switch { "double" => 8, "ushort" => 2, "uchar" => 1, _ => 4 };
        }

        _destination.Write(Prologue(0));
        _destination.Write(Encoding.ASCII.GetBytes(properties.Append("end_header\n").ToString()));
        _records = ArrayPool<byte>.Shared.Rent(RunBytes);
    }

    private int Pack<T>(ReadOnlySpan<T> values, int offset)
        where T : unmanaged
    {
        Span<byte> records = _records.AsSpan(offset);
        for (int i = 0; i < values.Length; i++) MemoryMarshal.Write(records[(i * _stride)..], in values[i]);
        return Marshal.SizeOf<T>();
    }
}
