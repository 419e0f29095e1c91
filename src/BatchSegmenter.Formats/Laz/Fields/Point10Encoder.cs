using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes item 6, version 2, the counterpart of <see cref="Point10V2"/>.</summary>
internal sealed class Point10Encoder(ArithmeticEncoder encoder)
{
    private readonly SymbolModel _changed = new(64);
    private readonly IntegerCompressor _intensity = new(encoder, 16, 4);
    private readonly SymbolModel[] _scanAngle = [new(256), new(256)];
    private readonly IntegerCompressor _pointSource = new(encoder, 16);
    private readonly ContextModels _returns = new(256, 256);
    private readonly ContextModels _classification = new(256, 256);
    private readonly ContextModels _userData = new(256, 256);
    private readonly IntegerCompressor _dx = new(encoder, 32, 2);
    private readonly IntegerCompressor _dy = new(encoder, 32, 22);
    private readonly IntegerCompressor _z = new(encoder, 32, 20);
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

    /// <summary>Encodes the next 20 bytes.</summary>
    public void Encode(ref byte record)
    {
        ref Point10 last = ref _last;
        Point10 point = Unsafe.ReadUnaligned<Point10>(ref record);
        int returns = point.Returns & 63;
        int number = returns & 7;
        int total = returns >> 3;
        int kind = ReturnKinds.OfThreeBits(returns);
        ref ushort intensity = ref _lastIntensity[kind];
        int changed = (point.Returns != last.Returns ? 32 : 0)
            | (point.Intensity != intensity ? 16 : 0)
            | (point.Classification != last.Classification ? 8 : 0)
            | (point.ScanAngle != last.ScanAngle ? 4 : 0)
            | (point.UserData != last.UserData ? 2 : 0)
            | (point.PointSource != last.PointSource ? 1 : 0);

        encoder.Symbol(_changed, changed);
        if ((changed & 32) != 0) encoder.Symbol(_returns[last.Returns], point.Returns);
        if ((changed & 16) != 0)
        {
            _intensity.Encode(intensity, point.Intensity, Math.Min(kind, 3));
            intensity = point.Intensity;
        }

        if ((changed & 15) != 0)
        {
            if ((changed & 8) != 0) encoder.Symbol(_classification[last.Classification], point.Classification);
            if ((changed & 4) != 0) encoder.Symbol(_scanAngle[(point.Returns >> 6) & 1], (byte)(point.ScanAngle - last.ScanAngle));
            if ((changed & 2) != 0) encoder.Symbol(_userData[last.UserData], point.UserData);
            if ((changed & 1) != 0) _pointSource.Encode(last.PointSource, point.PointSource);
        }

        int single = total == 1 ? 1 : 0;
        ref StreamingMedian dxs = ref _medianDx[kind];
        int dx = point.X - last.X;
        _dx.Encode(dxs.Value, dx, single);
        dxs.Add(dx);

        ref StreamingMedian dys = ref _medianDy[kind];
        int dy = point.Y - last.Y;
        _dy.Encode(dys.Value, dy, single + Math.Min(_dx.LastBits & ~1, 20));
        dys.Add(dy);

        ref int z = ref _lastZ[Math.Abs(total - number)];
        _z.Encode(z, point.Z, single + Math.Min(((_dx.LastBits + _dy.LastBits) / 2) & ~1, 18));
        z = point.Z;
        last = point;
    }
}
