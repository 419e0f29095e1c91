using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>Encodes the first layer of item 10, the counterpart of <see cref="Point14Position"/>.</summary>
/// <param name="encoder">Where symbols go.</param>
/// <param name="version">Version of the item: which channel the other items are told of, as with the decoder.</param>
internal sealed class Point14PositionEncoder(ArithmeticEncoder encoder, int version)
{
    private const int ChannelChanged = 64;
    private const int SourceChanged = 32;
    private const int TimeChanged = 16;
    private const int AngleChanged = 8;
    private const int TotalChanged = 4;

    private readonly Channel?[] _channels = new Channel?[4];
    private LayerContexts _contexts;

    /// <summary>Starts a chunk after its raw first record.</summary>
    public void Start(in Point14 first)
    {
        _contexts.Start(first.Channel);
        At(first.Channel).Start(first);
    }

    /// <summary>Encodes x, y, returns and channel of the next points, and leaves a trace of each.</summary>
    public void Encode(ref byte record, int stride, Span<PointTrace> traces)
    {
        Channel channel = At(_contexts.Current);
        for (int i = 0; i < traces.Length; i++)
        {
            ref Point14 point = ref Unsafe.As<byte, Point14>(ref Unsafe.Add(ref record, (nint)i * stride));
            Channel left = channel;
            int leftNumber = _contexts.Current;
            int number = point.Channel;
            if (number != leftNumber)
            {
                channel = At(number);
                if (_contexts.Enter(number)) channel.Start(left.Last);
            }

            ref Point14 last = ref channel.Last;
            int timeChanged = point.GpsTime != last.GpsTime ? 1 : 0;
            int returnNumber = point.Returns & 15;
            int total = point.Returns >> 4;
            int step = (returnNumber - last.Returns) & 15;
            int changed = (number != leftNumber ? ChannelChanged : 0)
                | (point.PointSource != last.PointSource ? SourceChanged : 0)
                | (timeChanged * TimeChanged)
                | (point.ScanAngle != last.ScanAngle ? AngleChanged : 0)
                | (total != last.Returns >> 4 ? TotalChanged : 0)
                | (step switch { 0 or 1 => step, 15 => 2, _ => 3 });
            encoder.Symbol(left.Changed[left.Place | left.TimeChanged], changed);
            if (number != leftNumber) encoder.Symbol(left.NextChannel, (number - leftNumber - 1) & 3);
            if ((changed & TotalChanged) != 0) encoder.Symbol(channel.Totals[last.Returns >> 4], total);
            if ((changed & 3) == 3)
            {
                if (timeChanged != 0) encoder.Symbol(channel.Numbers[last.Returns & 15], returnNumber);
                else encoder.Symbol(channel.NumberSameTime, step - 2);
            }

            channel.TimeChanged = timeChanged << 2;
            bool isFirst = returnNumber == 1;
            bool isLast = returnNumber >= total;
            channel.Place = (isFirst ? 1 : 0) | (isLast ? 2 : 0);

            int kind = (ReturnKinds.OfFourBits(point.Returns) << 1) | timeChanged;
            int single = total == 1 ? 1 : 0;
            ref StreamingMedian dxs = ref channel.MedianDx[kind];
            int dx = point.X - last.X;
            channel.Dx.Encode(dxs.Value, dx, single);
            dxs.Add(dx);
            ref StreamingMedian dys = ref channel.MedianDy[kind];
            int dy = point.Y - last.Y;
            channel.Dy.Encode(dys.Value, dy, single + Math.Min(channel.Dx.LastBits & ~1, 20));
            dys.Add(dy);
            last = point;

            ref PointTrace trace = ref traces[i];
            trace.Channel = (byte)number;
            trace.ItemContext = (byte)(version > 3 || number != leftNumber ? number : 0);
            trace.Returns = point.Returns;
            trace.ReturnPlace = (byte)((isFirst ? 2 : 0) | (isLast ? 1 : 0));
            trace.Bits = (byte)((channel.Dx.LastBits + channel.Dy.LastBits) / 2);
            trace.TimeChanged = (byte)timeChanged;
            trace.AngleChanged = (changed & AngleChanged) != 0;
            trace.SourceChanged = (changed & SourceChanged) != 0;
        }
    }

    private Channel At(int number) => _channels[number] ??= new Channel(encoder);

    private sealed class Channel(ArithmeticEncoder encoder)
    {
        public readonly SymbolModel[] Changed = [new(128), new(128), new(128), new(128), new(128), new(128), new(128), new(128)];
        public readonly SymbolModel NextChannel = new(3);
        public readonly ContextModels Totals = new(16, 16);
        public readonly ContextModels Numbers = new(16, 16);
        public readonly SymbolModel NumberSameTime = new(13);
        public readonly IntegerCompressor Dx = new(encoder, 32, 2);
        public readonly IntegerCompressor Dy = new(encoder, 32, 22);
        public readonly StreamingMedian[] MedianDx = new StreamingMedian[12];
        public readonly StreamingMedian[] MedianDy = new StreamingMedian[12];
        public Point14 Last;

        /// <summary>1 where the last point was the first of its pulse, plus 2 where it was the last.</summary>
        public int Place;

        /// <summary>4 where the time of the last point differed from that before, else 0.</summary>
        public int TimeChanged;

        /// <summary>Starts a chunk, or a channel that a chunk meets for the first time, after a point.</summary>
        public void Start(in Point14 last)
        {
            foreach (SymbolModel model in Changed) model.Reset();
            NextChannel.Reset();
            Totals.Reset();
            Numbers.Reset();
            NumberSameTime.Reset();
            Dx.Reset();
            Dy.Reset();
            MedianDx.AsSpan().Clear();
            MedianDy.AsSpan().Clear();
            Last = last;
            int number = last.Returns & 15;
            Place = (number == 1 ? 1 : 0) | (number >= last.Returns >> 4 ? 2 : 0);
            TimeChanged = 0;
        }
    }
}
