using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace BatchSegmenter.Formats.Text;

/// <summary>
/// Writes points as comma-separated values: a header line with x, y, z and the attributes' names, then a line a point. Numbers are the
/// shortest that read back as the same, with a decimal point; colours have at least four digits, so that they read back as 16 bits.
/// </summary>
public sealed class CsvPointWriter : PointCloudWriter
{
    private const int BufferBytes = 1 << 18;

    /// <summary>More than any number of any column takes, with its separator.</summary>
    private const int MostBytesOfNumber = 32;

    private static readonly System.Buffers.StandardFormat FourDigits = new('D', 4);

    private readonly Stream _destination;
    private readonly bool _leaveOpen;
    private readonly PointAttributes _attributes;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _used;
    private bool _isComplete;

    /// <summary>Begins a file, replacing one that is there.</summary>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public CsvPointWriter(string path, PointAttributes attributes)
        : this(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0), attributes)
    {
    }

    /// <summary>Writes to a stream, forward.</summary>
    /// <param name="destination">Where the text goes.</param>
    /// <param name="attributes">The attributes that are written; their columns stand in the order of the LAS specification.</param>
    /// <param name="leaveOpen">Whether the stream stays open when this is disposed.</param>
    public CsvPointWriter(Stream destination, PointAttributes attributes, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(destination);
        _destination = destination;
        _attributes = attributes;
        _leaveOpen = leaveOpen;
        _used = Encoding.ASCII.GetBytes(string.Join(',', AttributeColumns.Names(attributes)) + '\n', _buffer);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">An attribute that is written is missing, or a coordinate is not finite.</exception>
    /// <exception cref="InvalidOperationException">The file is complete.</exception>
    public override void Write(PointColumns columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        if (_isComplete) throw new InvalidOperationException("The file is complete.");
        string[] names = [.. AttributeColumns.Names(_attributes)];
        Dictionary<string, Array> held = AttributeColumns.Of(columns).ToDictionary(column => column.Name, column => column.Column);
        Array[] arrays = [.. names.Select(name => held.GetValueOrDefault(name) ?? throw new ArgumentException($"The points have no {name}.", nameof(columns)))];
        CheckFinite(columns);
        for (int i = 0; i < columns.Count; i++)
        {
            if (_buffer.Length - _used < arrays.Length * MostBytesOfNumber) Flush();
            for (int c = 0; c < arrays.Length; c++)
            {
                WriteNumber(arrays[c], i, names[c]);
                _buffer[_used++] = (byte)(c + 1 < arrays.Length ? ',' : '\n');
            }
        }

        PointCount += columns.Count;
    }

    /// <inheritdoc/>
    public override void Complete()
    {
        if (_isComplete) return;
        Flush();
        _destination.Flush();
        _isComplete = true;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !_leaveOpen) _destination.Dispose();
    }

    private static void CheckFinite(PointColumns columns)
    {
        foreach (double[] coordinate in (double[][])[columns.X, columns.Y, columns.Z])
            foreach (double value in coordinate.AsSpan(0, columns.Count))
                if (!double.IsFinite(value)) throw new ArgumentException($"A point has the coordinate {value.ToString(CultureInfo.InvariantCulture)}, which is not finite.", nameof(columns));
    }

    private void WriteNumber(Array column, int index, string name)
    {
        Span<byte> room = _buffer.AsSpan(_used);
        int written;
        switch (column)
        {
            case double[] values: values[index].TryFormat(room, out written, default, CultureInfo.InvariantCulture); break;
            case float[] values: values[index].TryFormat(room, out written, default, CultureInfo.InvariantCulture); break;
            case ushort[] values: Utf8Formatter.TryFormat(values[index], room, out written, name is "red" or "green" or "blue" ? FourDigits : default); break;
            case int[] values: Utf8Formatter.TryFormat(values[index], room, out written); break;
            default: Utf8Formatter.TryFormat(((byte[])(object)column)[index], room, out written); break; // class flags are bytes to the runtime
        }

        _used += written;
    }

    private void Flush()
    {
        _destination.Write(_buffer, 0, _used);
        _used = 0;
    }
}
