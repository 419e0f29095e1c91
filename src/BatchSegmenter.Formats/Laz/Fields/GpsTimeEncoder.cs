using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// Encodes GPS times, the counterpart of <see cref="GpsTimeSequences"/>: a time that is out of reach of the current sequence goes to
/// the first of the other three that reaches it, or starts a new one.
/// </summary>
internal sealed class GpsTimeEncoder
{
    private const int MaxMultiple = 500;
    private const int MinMultiple = -10;

    private readonly ArithmeticEncoder _encoder;
    private readonly SymbolModel _multiple;
    private readonly SymbolModel _fromZero;
    private readonly IntegerCompressor _difference;
    private readonly int _unchanged;
    private readonly int _full;
    private readonly long[] _times = new long[4];
    private readonly int[] _lastDifferences = new int[4];
    private readonly int[] _extremes = new int[4];
    private int _current;
    private int _newest;

    /// <param name="encoder">Where symbols go.</param>
    /// <param name="codesUnchanged">Whether there is a symbol for «unchanged» (item 7, version 2).</param>
    public GpsTimeEncoder(ArithmeticEncoder encoder, bool codesUnchanged)
    {
        _encoder = encoder;
        _unchanged = codesUnchanged ? 1 : 0;
        _full = MaxMultiple - MinMultiple + 1 + _unchanged;
        _multiple = new SymbolModel(_full + 4);
        _fromZero = new SymbolModel(5 + _unchanged);
        _difference = new IntegerCompressor(encoder, 32, 9);
    }

    /// <summary>The time last encoded, as the bits of a double.</summary>
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

    /// <summary>Encodes the next time, the bits of a double.</summary>
    public void Encode(long time)
    {
        while (true)
        {
            bool fromZero = _lastDifferences[_current] == 0;
            long difference = time - _times[_current];
            if (difference == 0 && _unchanged != 0)
            {
                if (fromZero) _encoder.Symbol(_fromZero, 0);
                else _encoder.Symbol(_multiple, _full - 1);
                return;
            }

            if (difference == (int)difference)
            {
                if (fromZero) FromZero((int)difference);
                else Multiple((int)difference);
                _times[_current] = time;
                return;
            }

            int sequence = SequenceNear(time);
            if (fromZero) _encoder.Symbol(_fromZero, _unchanged + 1 + sequence);
            else _encoder.Symbol(_multiple, _full + sequence);
            if (sequence == 0)
            {
                StartSequence(time);
                return;
            }

            _current = (_current + sequence) & 3;
        }
    }

    // How far on from the current one the sequence is that reaches a time; 0 if none does.
    private int SequenceNear(long time)
    {
        for (int i = 1; i < 4; i++)
        {
            long difference = time - _times[(_current + i) & 3];
            if (difference == (int)difference) return i;
        }

        return 0;
    }

    private void StartSequence(long time)
    {
        _difference.Encode((int)(_times[_current] >> 32), (int)(time >> 32), 8);
        _encoder.Bits(32, (uint)time);
        _current = _newest = (_newest + 1) & 3;
        _lastDifferences[_current] = 0;
        _extremes[_current] = 0;
        _times[_current] = time;
    }

    private void FromZero(int difference)
    {
        _encoder.Symbol(_fromZero, _unchanged);
        _difference.Encode(0, difference);
        _lastDifferences[_current] = difference;
        _extremes[_current] = 0;
    }

    private void Multiple(int difference)
    {
        int last = _lastDifferences[_current];
        float ratio = (float)difference / last;
        int multiple = (int)(ratio >= 0 ? ratio + 0.5f : ratio - 0.5f);
        if (multiple == 1)
        {
            _encoder.Symbol(_multiple, 1);
            _difference.Encode(last, difference, 1);
            _extremes[_current] = 0;
            return;
        }

        multiple = Math.Clamp(multiple, MinMultiple, MaxMultiple);
        int context = multiple switch
        {
            0 => 7,
            MinMultiple => 6,
            < 0 => 5,
            < 10 => 2,
            < MaxMultiple => 3,
            _ => 4,
        };
        _encoder.Symbol(_multiple, multiple >= 0 ? multiple : MaxMultiple - multiple);
        _difference.Encode(multiple * last, difference, context);

        // After four differences out of reach of the multiples in a row the last one becomes the measure.
        if (context is 4 or 6 or 7 && ++_extremes[_current] > 3)
        {
            _lastDifferences[_current] = difference;
            _extremes[_current] = 0;
        }
    }
}
