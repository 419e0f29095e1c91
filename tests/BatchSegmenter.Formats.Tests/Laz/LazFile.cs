using BatchSegmenter.Formats.Las;
using BatchSegmenter.Formats.Laz;

namespace BatchSegmenter.Formats.Tests.Laz;

/// <summary>What the decoder needs to know of a LAZ file, by its header and records, so that it is tested by itself.</summary>
internal sealed record LazFile(LazVlr Vlr, long PointDataOffset, long PointCount, int RecordLength)
{
    public static LazFile Parse(string path)
    {
        using LasReader las = new(path);
        LasVlr record = las.Vlrs.Single(vlr => vlr.Is(LazVlr.UserId, LazVlr.RecordId));
        LazVlr vlr = LazVlr.Parse(record.Payload.Span, path, record.PayloadOffset);
        return new LazFile(vlr, las.Las.PointDataOffset, las.Header.PointCount, las.Las.RecordLength);
    }

    public LazPointReader Open(Stream stream, string path) => new(stream, path, Vlr, PointDataOffset, PointCount, RecordLength);
}
