using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// Item 6, version 2: predictions are kept apart by return number and number of returns, x and y follow the median of the last
/// five differences of points of the same kind, z the last height of the same distance from the last return.
/// </summary>
internal sealed class Point10V2(ArithmeticDecoder decoder)
{
    private readonly SymbolModel _changed = new(64);
    private readonly IntegerDecompressor _intensity = new(decoder, 16, 4);
    private readonly SymbolModel[] _scanAngle = [new(256), new(256)];
    private readonly IntegerDecompressor _pointSource = new(decoder, 16);
    private readonly ContextModels _returns = new(256, 256);
    private readonly ContextModels _classification = new(256, 256);
    private readonly ContextModels _userData = new(256, 256);
    private readonly IntegerDecompressor _dx = new(decoder, 32, 2);
    private readonly IntegerDecompressor _dy = new(decoder, 32, 22);
    private readonly IntegerDecompressor _z = new(decoder, 32, 20);
    private readonly StreamingMedian[] _medianDx = new StreamingMedian[16];
    private readonly StreamingMedian[] _medianDy = new StreamingMedian[16];
    private readonly ushort[] _lastIntensity = new ushort[16];
    private readonly int[] _lastZ = new int[8];
    private Point10 _last;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(ref byte first)
    {
        _changed.Reset();
        _intensity.Reset();
        _scanAngle[0].Reset();
        _scanAngle[1].Reset();
        _pointSource.Reset();
        _returns.Reset();
        _classification.Reset();
        _userData.Reset();
        _dx.Reset();
        _dy.Reset();
        _z.Reset();
        _medianDx.AsSpan().Clear();
        _medianDy.AsSpan().Clear();
        _lastIntensity.AsSpan().Clear();
        _lastZ.AsSpan().Clear();
        _last = Unsafe.ReadUnaligned<Point10>(ref first);
    }

    /// <summary>Decodes the next 20 bytes.</summary>
    public void Decode(ref byte record)
    {
        ref Point10 last = ref _last;
        int changed = decoder.Symbol(_changed);
        if ((changed & 32) != 0) last.Returns = (byte)decoder.Symbol(_returns[last.Returns]);
        int returns = last.Returns & 63;
        int number = returns & 7;
        int total = returns >> 3;
        int kind = ReturnKinds.OfThreeBits(returns);

        if ((changed & 16) != 0) _lastIntensity[kind] = (ushort)_intensity.Decode(_lastIntensity[kind], Math.Min(kind, 3));
        last.Intensity = _lastIntensity[kind];
        if ((changed & 15) != 0)
        {
            if ((changed & 8) != 0) last.Classification = (byte)decoder.Symbol(_classification[last.Classification]);
            if ((changed & 4) != 0) last.ScanAngle += (byte)decoder.Symbol(_scanAngle[(last.Returns >> 6) & 1]);
            if ((changed & 2) != 0) last.UserData = (byte)decoder.Symbol(_userData[last.UserData]);
            if ((changed & 1) != 0) last.PointSource = (ushort)_pointSource.Decode(last.PointSource);
        }

        int single = total == 1 ? 1 : 0;
        ref StreamingMedian dxs = ref _medianDx[kind];
        int dx = _dx.Decode(dxs.Value, single);
        dxs.Add(dx);
        last.X += dx;

        ref StreamingMedian dys = ref _medianDy[kind];
        int dy = _dy.Decode(dys.Value, single + Math.Min(_dx.LastBits & ~1, 20));
        dys.Add(dy);
        last.Y += dy;

        ref int z = ref _lastZ[Math.Abs(total - number)];
        z = _z.Decode(z, single + Math.Min(((_dx.LastBits + _dy.LastBits) / 2) & ~1, 18));
        last.Z = z;
        Unsafe.WriteUnaligned(ref record, last);
    }
}
