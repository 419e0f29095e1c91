using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Item 6, version 1: x and y follow the median of the last three differences, all else the last point.</summary>
internal sealed class Point10V1(ArithmeticDecoder decoder)
{
    private readonly IntegerDecompressor _dx = new(decoder, 32);
    private readonly IntegerDecompressor _dy = new(decoder, 32, 20);
    private readonly IntegerDecompressor _z = new(decoder, 32, 20);
    private readonly IntegerDecompressor _intensity = new(decoder, 16);
    private readonly IntegerDecompressor _scanAngle = new(decoder, 8, 2);
    private readonly IntegerDecompressor _pointSource = new(decoder, 16);
    private readonly SymbolModel _changed = new(64);
    private readonly ContextModels _returns = new(256, 256);
    private readonly ContextModels _classification = new(256, 256);
    private readonly ContextModels _userData = new(256, 256);
    private readonly int[] _lastDx = new int[3];
    private readonly int[] _lastDy = new int[3];
    private int _oldest;
    private Point10 _last;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(ref byte first)
    {
        _dx.Reset();
        _dy.Reset();
        _z.Reset();
        _intensity.Reset();
        _scanAngle.Reset();
        _pointSource.Reset();
        _changed.Reset();
        _returns.Reset();
        _classification.Reset();
        _userData.Reset();
        _lastDx.AsSpan().Clear();
        _lastDy.AsSpan().Clear();
        _oldest = 0;
        _last = Unsafe.ReadUnaligned<Point10>(ref first);
    }

    /// <summary>Decodes the next 20 bytes.</summary>
    public void Decode(ref byte record)
    {
        ref Point10 last = ref _last;
        int dx = _dx.Decode(Median(_lastDx));
        int dy = _dy.Decode(Median(_lastDy), Math.Min(_dx.LastBits, 19));
        int bits = (_dx.LastBits + _dy.LastBits) / 2;
        last.X += dx;
        last.Y += dy;
        last.Z = _z.Decode(last.Z, Math.Min(bits, 19));

        int changed = decoder.Symbol(_changed);
        if (changed != 0)
        {
            if ((changed & 32) != 0) last.Intensity = (ushort)_intensity.Decode(last.Intensity);
            if ((changed & 16) != 0) last.Returns = (byte)decoder.Symbol(_returns[last.Returns]);
            if ((changed & 8) != 0) last.Classification = (byte)decoder.Symbol(_classification[last.Classification]);
            if ((changed & 4) != 0) last.ScanAngle = (byte)_scanAngle.Decode(last.ScanAngle, bits < 3 ? 1 : 0);
            if ((changed & 2) != 0) last.UserData = (byte)decoder.Symbol(_userData[last.UserData]);
            if ((changed & 1) != 0) last.PointSource = (ushort)_pointSource.Decode(last.PointSource);
        }

        _lastDx[_oldest] = dx;
        _lastDy[_oldest] = dy;
        _oldest = _oldest == 2 ? 0 : _oldest + 1;
        Unsafe.WriteUnaligned(ref record, last);
    }

    private static int Median(int[] values)
    {
        int low = Math.Min(values[0], values[1]);
        int high = Math.Max(values[0], values[1]);
        return Math.Max(low, Math.Min(high, values[2]));
    }
}
