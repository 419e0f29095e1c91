using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>
/// An adaptive model of the frequencies of 2 to 2048 symbols. The cumulative distribution is brought up to date at growing
/// intervals; counts are halved when their total passes 2^15. Alphabets above 16 symbols have a table that narrows the search.
/// </summary>
internal sealed class SymbolModel
{
    /// <summary>Bits of precision of the cumulative distribution.</summary>
    public const int ShareBits = 15;

    /// <summary>Values that are compared at once when a symbol is looked for.</summary>
    public const int SearchWidth = 16;

    private const uint MaxTotal = 1u << ShareBits;

    // A share can pass 2^15 by up to 63, which must lead into the slot after the last: slots are no narrower than 64.
    private const int MaxTableBits = ShareBits - 6;

    private static readonly ConcurrentDictionary<int, SymbolModel> Fresh = new();

    private readonly int _symbols;
    private readonly int _counts;
    private uint _total;
    private uint _cycle;
    private uint _untilUpdate;

    /// <summary>Makes a model of <paramref name="symbols"/> equally likely symbols.</summary>
    public SymbolModel(int symbols)
        : this(symbols, learn: false)
    {
        Reset();
    }

    private SymbolModel(int symbols, bool learn)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(symbols, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(symbols, 2048);
        _symbols = symbols;
        Last = symbols - 1;
        _counts = symbols + SearchWidth;
        TableStart = _counts + symbols;
        int slots = 0;
        if (symbols > 16)
        {
            int bits = 3;
            while (bits < MaxTableBits && symbols > 1 << (bits - 1)) bits++;
            TableShift = ShareBits - bits;
            slots = (1 << bits) + 2;
        }

        Values = new ushort[TableStart + slots];
        if (!learn) return;
        Values.AsSpan(symbols, SearchWidth).Fill(ushort.MaxValue);
        Values.AsSpan(_counts, symbols).Fill(1);
        _cycle = (uint)symbols;
        Update();
        _untilUpdate = _cycle = (uint)(symbols + 6) >> 1;
    }

    /// <summary>
    /// For each symbol where its share of the interval starts; then <see cref="SearchWidth"/> values above any share, which end every search;
    /// then the counts; then the table.
    /// </summary>
    public ushort[] Values { get; }

    /// <summary>The highest symbol.</summary>
    public int Last { get; }

    /// <summary>Where the table starts within <see cref="Values"/>.</summary>
    public int TableStart { get; }

    /// <summary>Shift from a share to its slot of the table; 0 without a table.</summary>
    public int TableShift { get; }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        SymbolModel fresh = Fresh.GetOrAdd(_symbols, static symbols => new SymbolModel(symbols, learn: true));
        fresh.Values.CopyTo(Values, 0);
        _total = fresh._total;
        _cycle = fresh._cycle;
        _untilUpdate = fresh._untilUpdate;
    }

    /// <summary>Counts a symbol, which must be within the alphabet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Count(int symbol)
    {
        Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(Values), (nint)(uint)(_counts + symbol))++;
        if (--_untilUpdate == 0) Update();
    }

    private void Update()
    {
        Span<ushort> starts = Values.AsSpan(0, _symbols);
        Span<ushort> counts = Values.AsSpan(_counts, _symbols);
        if ((_total += _cycle) > MaxTotal)
        {
            uint total = 0;
            for (int i = 0; i < counts.Length; i++)
            {
                uint half = (counts[i] + 1u) >> 1;
                counts[i] = (ushort)half;
                total += half;
            }

            _total = total;
        }

        uint scale = (1u << 31) / _total;
        uint sum = 0;
        for (int i = 0; i < starts.Length && i < counts.Length; i++)
        {
            starts[i] = (ushort)((scale * sum) >> (31 - ShareBits));
            sum += counts[i];
        }

        if (TableShift != 0) FillTable(starts);
        _cycle = Math.Min((5 * _cycle) >> 2, (uint)(_symbols + 6) << 3);
        _untilUpdate = _cycle;
    }

    // Slot s gets the highest symbol that starts in a lower slot: the search begins there.
    private void FillTable(Span<ushort> starts)
    {
        Span<ushort> table = Values.AsSpan(TableStart);
        int filled = 0;
        int shift = TableShift;
        for (int i = 0; i < starts.Length; i++)
        {
            int slot = starts[i] >> shift;
            while (filled < slot) table[++filled] = (ushort)(i - 1);
        }

        table[0] = 0;
        table[(filled + 1)..].Fill((ushort)Last);
    }
}
