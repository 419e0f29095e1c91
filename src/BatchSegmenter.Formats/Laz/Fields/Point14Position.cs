using System.Runtime.CompilerServices;
using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// The first layer of item 10: which fields change, scanner channel, returns, x and y. All other layers depend on it, so it
/// can not be skipped.
/// </summary>
/// <param name="decoder">Where symbols come from.</param>
/// <param name="version">
/// Version of the item. Up to version 3 the other items hear of a scanner channel only at the point where it changes, and
/// are told channel 0 elsewhere; version 4 tells them the channel of each point.
/// </param>
internal sealed class Point14Position(ArithmeticDecoder decoder, int version)
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
        At(first.Channel).Start(first.X, first.Y, first.Returns);
    }

    /// <summary>Decodes x, y, returns and channel of the next points, and leaves a trace of each.</summary>
    public void Decode(ref byte record, int stride, Span<PointTrace> traces)
    {
        Channel channel = At(_contexts.Current);
        for (int i = 0; i < traces.Length; i++)
        {
            int changed = decoder.Symbol(channel.Changed[channel.Place | channel.TimeChanged]);
            int itemContext = version > 3 ? _contexts.Current : 0;
            if ((changed & ChannelChanged) != 0)
            {
                Channel left = channel;
                int number = (_contexts.Current + decoder.Symbol(left.NextChannel) + 1) & 3;
                channel = At(number);
                if (_contexts.Enter(number)) channel.Start(left.X, left.Y, left.Returns);
                itemContext = number;
            }

            int timeChanged = (changed & TimeChanged) / TimeChanged;
            int returns = Returns(channel, changed, timeChanged);
            channel.Returns = (byte)returns;
            channel.TimeChanged = timeChanged << 2;
            int returnNumber = returns & 15;
            int total = returns >> 4;
            bool first = returnNumber == 1;
            bool last = returnNumber >= total;
            channel.Place = (first ? 1 : 0) | (last ? 2 : 0);

            int kind = (ReturnKinds.OfFourBits((byte)returns) << 1) | timeChanged;
            int single = total == 1 ? 1 : 0;
            ref StreamingMedian dxs = ref channel.MedianDx[kind];
            int dx = channel.Dx.Decode(dxs.Value, single);
            dxs.Add(dx);
            channel.X += dx;
            ref StreamingMedian dys = ref channel.MedianDy[kind];
            int dy = channel.Dy.Decode(dys.Value, single + Math.Min(channel.Dx.LastBits & ~1, 20));
            dys.Add(dy);
            channel.Y += dy;

            ref Point14 point = ref Unsafe.As<byte, Point14>(ref Unsafe.Add(ref record, (nint)i * stride));
            point.X = channel.X;
            point.Y = channel.Y;
            point.Returns = (byte)returns;
            point.Flags = (byte)(_contexts.Current << 4);

            ref PointTrace trace = ref traces[i];
            trace.Channel = (byte)_contexts.Current;
            trace.ItemContext = (byte)itemContext;
            trace.Returns = (byte)returns;
            trace.ReturnPlace = (byte)((first ? 2 : 0) | (last ? 1 : 0));
            trace.Bits = (byte)((channel.Dx.LastBits + channel.Dy.LastBits) / 2);
            trace.TimeChanged = (byte)timeChanged;
            trace.AngleChanged = (changed & AngleChanged) != 0;
            trace.SourceChanged = (changed & SourceChanged) != 0;
        }
    }

    private int Returns(Channel channel, int changed, int timeChanged)
    {
        int number = channel.Returns & 15;
        int total = channel.Returns >> 4;
        if ((changed & TotalChanged) != 0) total = decoder.Symbol(channel.Totals[total]);
        number = (changed & 3) switch
        {
            0 => number,
            1 => number + 1,
            2 => number - 1,
            _ when timeChanged != 0 => decoder.Symbol(channel.Numbers[number]),
            _ => number + 2 + decoder.Symbol(channel.NumberSameTime),
        };
        return (number & 15) | (total << 4);
    }

    private Channel At(int number) => _channels[number] ??= new Channel(decoder);

    private sealed class Channel(ArithmeticDecoder decoder)
    {
        public readonly SymbolModel[] Changed = [new(128), new(128), new(128), new(128), new(128), new(128), new(128), new(128)];
        public readonly SymbolModel NextChannel = new(3);
        public readonly ContextModels Totals = new(16, 16);
        public readonly ContextModels Numbers = new(16, 16);
        public readonly SymbolModel NumberSameTime = new(13);
        public readonly IntegerDecompressor Dx = new(decoder, 32, 2);
        public readonly IntegerDecompressor Dy = new(decoder, 32, 22);
        public readonly StreamingMedian[] MedianDx = new StreamingMedian[12];
        public readonly StreamingMedian[] MedianDy = new StreamingMedian[12];
        public int X;
        public int Y;
        public byte Returns;

        /// <summary>1 where the last point was the first of its pulse, plus 2 where it was the last.</summary>
        public int Place;

        /// <summary>4 where the time of the last point differed from that before, else 0.</summary>
        public int TimeChanged;

        public void Start(int x, int y, byte returns)
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
            X = x;
            Y = y;
            Returns = returns;
            int number = returns & 15;
            Place = (number == 1 ? 1 : 0) | (number >= returns >> 4 ? 2 : 0);
            TimeChanged = 0;
        }
    }
}
