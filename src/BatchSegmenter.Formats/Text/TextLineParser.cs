using System.Globalization;
using System.Text;

namespace BatchSegmenter.Formats.Text;

/// <summary>Reads the numbers of one line after another into a block of columns, and says of a line that does not fit what is wrong.</summary>
internal sealed class TextLineParser
{
    private const int QuotedBytes = 40;

    private readonly TextDialect _dialect;
    private readonly TextColumn[] _columns;
    private readonly int[] _firstValue;
    private readonly double[] _min;
    private readonly double[] _max;
    private readonly bool _allowsMore;
    private int _faultColumn;
    private int _faultPosition;

    /// <param name="dialect">How fields are told apart.</param>
    /// <param name="columns">The meaning of each field.</param>
    /// <param name="runLines">Lines that a block has room for: the values of the n-th read column begin at n · <paramref name="runLines"/>.</param>
    /// <param name="allowsMore">Whether a line may have more fields, which are passed over.</param>
    public TextLineParser(TextDialect dialect, TextColumn[] columns, int runLines, bool allowsMore = false)
    {
        _allowsMore = allowsMore;
        _dialect = dialect;
        _columns = columns;
        _firstValue = new int[columns.Length];
        Read = [.. columns.Where(column => column != TextColumn.Ignored)];
        int read = 0;
        for (int i = 0; i < columns.Length; i++) _firstValue[i] = columns[i] == TextColumn.Ignored ? -1 : read++ * runLines;
        _min = [.. columns.Select(column => column.Min)];
        _max = [.. columns.Select(column => column.Max)];
    }

    /// <summary>The columns that are read, in file order.</summary>
    public TextColumn[] Read { get; }

    /// <summary>Fields of a line.</summary>
    public int FieldCount => _columns.Length;

    /// <summary>Reads a line to place <paramref name="index"/> of the block.</summary>
    /// <returns>Whether the line fits; where not, <see cref="Describe"/> says why.</returns>
    public bool TryParse(ReadOnlySpan<byte> line, double[] values, int index)
    {
        TextDialect dialect = _dialect;
        int at = dialect.SkipBlanks(line, 0);
        for (int i = 0; i < _firstValue.Length; i++)
        {
            if (i > 0)
            {
                if (at >= line.Length) return Fault(i, at);
                if (!dialect.IsSpaces) at = dialect.SkipBlanks(line, at + 1);
            }

            int first = _firstValue[i], start = at;
            if (first < 0)
            {
                at = dialect.SkipField(line, at);
            }
            else
            {
                if (!DecimalNumber.TryRead(line, ref at, dialect.Point, out double value) && !TryReadOdd(line, ref at, i, out value)) return Fault(i, start);
                if (value < _min[i] || value > _max[i] || (double.IsNaN(value) && double.IsFinite(_min[i]))) return Fault(i, start);
                values[first + index] = value;
            }

            if (at >= line.Length) continue;
            int end = at;
            at = dialect.SkipBlanks(line, at);
            if (at < line.Length && (dialect.IsSpaces ? at == end : line[at] != dialect.Separator)) return Fault(i, start);
        }

        // Separators behind the last field are harmless; anything else means that the columns are not what they were taken for.
        if (_allowsMore) return true;
        while (at < line.Length && (line[at] == dialect.Separator || dialect.IsBlank(line[at]))) at++;
        return at >= line.Length || Fault(_columns.Length, at);
    }

    /// <summary>What was found where, and what was expected, in the line that <see cref="TryParse"/> refused last.</summary>
    public string Describe(ReadOnlySpan<byte> line, long number)
    {
        string where = $"line {number} (\"{Quote(line)}\")";
        if (_faultColumn == _columns.Length)
            return $"{where} has more than the {_columns.Length} fields expected ({Names}): \"{Quote(line[_faultPosition..])}\" is too much.";
        TextColumn column = _columns[_faultColumn];
        if (_faultPosition >= line.Length && (_faultColumn > 0 || line.IsEmpty))
            return $"{where} ends before field {_faultColumn + 1}, {column.Name}; {_columns.Length} fields were expected ({Names}).";
        ReadOnlySpan<byte> field = line[_faultPosition.._dialect.SkipField(line, _faultPosition)];
        string range = double.IsInfinity(column.Min) ? "a number"
            : column.IsCoordinate ? "a finite number"
            : string.Create(CultureInfo.InvariantCulture, $"a number from {column.Min} to {column.Max}");
        string hint = column.IsColor && column.Max < ushort.MaxValue ? $" since the file's sample has none above {column.Max}" : "";
        return $"{where} has \"{Quote(field)}\" in field {_faultColumn + 1}, {column.Name}, where {range} was expected{hint}.";
    }

    /// <summary>The start of a text, fit for a message.</summary>
    public static string Quote(ReadOnlySpan<byte> text)
    {
        string start = Encoding.Latin1.GetString(text[..Math.Min(text.Length, QuotedBytes)]);
        return string.Concat(start.Select(c => c == '\t' ? ' ' : char.IsControl(c) ? '·' : c)) + (text.Length > QuotedBytes ? "…" : "");
    }

    private string Names => string.Join(' ', _columns.Select(column => column.Name));

    /// <summary>A quoted number, or an empty field of an attribute, which is 0.</summary>
    private bool TryReadOdd(ReadOnlySpan<byte> line, ref int position, int column, out double value)
    {
        value = 0;
        int end = _dialect.SkipField(line, position);
        ReadOnlySpan<byte> field = line[position..end].Trim((byte)' ');
        ReadOnlySpan<byte> text = TextDialect.Unquoted(field);
        int at = 0;
        bool isEmpty = text.IsEmpty && !_dialect.IsSpaces && !_columns[column].IsCoordinate;
        bool isQuoted = text.Length < field.Length && DecimalNumber.TryRead(text, ref at, _dialect.Point, out value) && at == text.Length;
        if (!isEmpty && !isQuoted) return false;
        position = end;
        return true;
    }

    private bool Fault(int column, int position)
    {
        _faultColumn = column;
        _faultPosition = Math.Max(0, position);
        return false;
    }
}
