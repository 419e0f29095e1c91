using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Item 7, version 1: the time's bits grow by multiples of the last difference, in one sequence.</summary>
internal sealed class GpsTime11V1(ArithmeticDecoder decoder)
{
    private const int Multiples = 512;

    private readonly SymbolModel _multiple = new(Multiples);
    private readonly SymbolModel _fromZero = new(3);
    private readonly IntegerDecompressor _difference = new(decoder, 32, 6);
    private long _time;
    private int _lastDifference;
    private int _extremes;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(ref byte first)
    {
        _multiple.Reset();
        _fromZero.Reset();
        _difference.Reset();
        _lastDifference = 0;
        _extremes = 0;
        _time = Unsafe.ReadUnaligned<long>(ref first);
    }

    /// <summary>Decodes the next 8 bytes.</summary>
    public void Decode(ref byte record)
    {
        if (_lastDifference == 0)
        {
            int kind = decoder.Symbol(_fromZero);
            if (kind == 1)
            {
                _lastDifference = _difference.Decode(0);
                _time += _lastDifference;
            }
            else if (kind == 2) _time = (long)decoder.Bits64();
        }
        else
        {
            int multiple = decoder.Symbol(_multiple);
            if (multiple < Multiples - 2) _time += Difference(multiple);
            else if (multiple == Multiples - 2) _time = (long)decoder.Bits64();
        }

        Unsafe.WriteUnaligned(ref record, _time);
    }

    private int Difference(int multiple)
    {
        int difference = multiple switch
        {
            0 => _difference.Decode(_lastDifference / 4, 2),
            1 => _difference.Decode(_lastDifference, 1),
            < 10 => _difference.Decode(multiple * _lastDifference, 3),
            < 50 => _difference.Decode(multiple * _lastDifference, 4),
            _ => _difference.Decode(multiple * _lastDifference, 5),
        };

        bool extreme = multiple is 0 or Multiples - 3;
        if (extreme) _extremes++;

        // After four differences out of reach of the multiples in a row the last one becomes the measure.
        if (multiple == 1 || (extreme && _extremes > 3))
        {
            _lastDifference = difference;
            _extremes = 0;
        }

        return difference;
    }
}
