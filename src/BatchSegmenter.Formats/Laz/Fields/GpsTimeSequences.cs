using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// The time prediction of version 2 and of the layered versions: up to four interleaved sequences of times, each of which
/// goes on by multiples of its last difference. The two differ in that version 2 has a symbol for «unchanged».
/// </summary>
internal sealed class GpsTimeSequences
{
    private const int MaxMultiple = 500;
    private const int MinMultiple = -10;

    private readonly ArithmeticDecoder _decoder;
    private readonly SymbolModel _multiple;
    private readonly SymbolModel _fromZero;
    private readonly IntegerDecompressor _difference;
    private readonly int _unchanged;
    private readonly int _full;
    private readonly long[] _times = new long[4];
    private readonly int[] _lastDifferences = new int[4];
    private readonly int[] _extremes = new int[4];
    private int _current;
    private int _newest;

    /// <param name="decoder">Where symbols come from.</param>
    /// <param name="codesUnchanged">Whether there is a symbol for «unchanged» (version 2).</param>
    public GpsTimeSequences(ArithmeticDecoder decoder, bool codesUnchanged)
    {
        _decoder = decoder;
        _unchanged = codesUnchanged ? 1 : 0;
        _full = MaxMultiple - MinMultiple + 1 + _unchanged;
        _multiple = new SymbolModel(_full + 4);
        _fromZero = new SymbolModel(5 + _unchanged);
        _difference = new IntegerDecompressor(decoder, 32, 9);
    }

    /// <summary>The time last decoded, as the bits of a double.</summary>
    public long Time => _times[_current];

    /// <summary>Starts over, from a time.</summary>
    public void Start(long time)
    {
        _multiple.Reset();
        _fromZero.Reset();
        _difference.Reset();
        _times.AsSpan().Clear();
        _lastDifferences.AsSpan().Clear();
        _extremes.AsSpan().Clear();
        _current = _newest = 0;
        _times[0] = time;
    }

    /// <summary>Decodes the next time.</summary>
    public long Decode()
    {
        // An encoder switches the sequence at most once per point.
        for (int switches = 0; switches < 8; switches++)
        {
            int sequence;
            if (_lastDifferences[_current] == 0)
            {
                int kind = _decoder.Symbol(_fromZero) - _unchanged;
                if (kind < 0) return Time;
                if (kind == 0)
                {
                    int difference = _difference.Decode(0);
                    _lastDifferences[_current] = difference;
                    _extremes[_current] = 0;
                    return _times[_current] += difference;
                }

                sequence = kind - 1;
            }
            else
            {
                int multiple = _decoder.Symbol(_multiple);
                if (multiple < _full - _unchanged) return _times[_current] += Difference(multiple);
                if (multiple < _full) return Time;
                sequence = multiple - _full;
            }

            if (sequence == 0) return StartSequence();
            _current = (_current + sequence) & 3;
        }

        _decoder.MarkCorrupt();
        return Time;
    }

    private long StartSequence()
    {
        int high = _difference.Decode((int)(_times[_current] >> 32), 8);
        _current = _newest = (_newest + 1) & 3;
        _lastDifferences[_current] = 0;
        _extremes[_current] = 0;
        return _times[_current] = ((long)high << 32) | _decoder.Bits(32);
    }

    private int Difference(int symbol)
    {
        int last = _lastDifferences[_current];
        if (symbol == 1)
        {
            _extremes[_current] = 0;
            return _difference.Decode(last, 1);
        }

        int negative = MaxMultiple - symbol;
        int difference = symbol switch
        {
            0 => _difference.Decode(0, 7),
            < 10 => _difference.Decode(symbol * last, 2),
            < MaxMultiple => _difference.Decode(symbol * last, 3),
            MaxMultiple => _difference.Decode(MaxMultiple * last, 4),
            _ when negative > MinMultiple => _difference.Decode(negative * last, 5),
            _ => _difference.Decode(MinMultiple * last, 6),
        };

        // After four differences out of reach of the multiples in a row the last one becomes the measure.
        if ((symbol is 0 or MaxMultiple || negative <= MinMultiple) && ++_extremes[_current] > 3)
        {
            _lastDifferences[_current] = difference;
            _extremes[_current] = 0;
        }

        return difference;
    }
}
