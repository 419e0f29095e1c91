using System.Buffers.Binary;
using System.Text;

namespace BatchSegmenter.Formats.Las;

/// <summary>
/// Works out a file's coordinate reference system from its GeoTIFF keys and its well-known text. For the units the GeoTIFF unit keys
/// are asked first, then the well-known text, then <see cref="EpsgUnits"/>; horizontal and vertical units apart.
/// </summary>
internal static class LasCrs
{
    private const string Projection = "LASF_Projection";

    public static CoordinateReferenceSystem From(LasHeader header, IReadOnlyList<LasVlr> vlrs, IReadOnlyList<LasVlr> evlrs)
    {
        GeoKeys keys = GeoKeys.From(vlrs);
        // A producer may write an empty record beside the one that counts, so the first with text is taken; the VLR that
        // libLAS wrote into older files comes last.
        string? text = vlrs.Concat(evlrs).OrderBy(vlr => vlr.UserId == Projection ? 0 : 1)
            .Where(vlr => vlr.RecordId == 2112 && vlr.UserId is Projection or "liblas")
            .Select(vlr => Encoding.UTF8.GetString(vlr.Payload.Span).TrimEnd('\0', ' ', '\n', '\r')).FirstOrDefault(t => t.Length > 0);
        WktCrs? wkt = text is null ? null : WktCrs.Parse(text);
        if (wkt is null) text = null;
        if (keys.IsEmpty && wkt is null) return CoordinateReferenceSystem.Unknown;

        bool preferWkt = (header.GlobalEncoding & 16) != 0 && wkt is not null;
        int? epsg = preferWkt ? wkt?.Epsg ?? keys.Epsg : keys.Epsg ?? wkt?.Epsg;
        CrsKind kind = preferWkt || keys.Kind == CrsKind.Unknown ? wkt?.Kind ?? keys.Kind : keys.Kind;
        double horizontal = kind == CrsKind.Geographic ? 1 : keys.HorizontalUnit ?? wkt?.HorizontalUnit ?? EpsgUnits.Find(epsg) ?? 1;
        double vertical = keys.VerticalUnit ?? wkt?.VerticalUnit ?? EpsgUnits.FindVertical(keys.VerticalEpsg) ?? horizontal;
        return new CoordinateReferenceSystem(epsg, text, kind, horizontal, vertical);
    }

    /// <summary>The GeoTIFF keys (records 34735 and 34736) that name the system and its units.</summary>
    private sealed record GeoKeys(bool IsEmpty, int? Epsg, CrsKind Kind, double? HorizontalUnit, double? VerticalUnit, int? VerticalEpsg)
    {
        private const int UserDefined = 32767;

        public static GeoKeys From(IReadOnlyList<LasVlr> vlrs)
        {
            ReadOnlySpan<byte> directory = Payload(vlrs, 34735), doubles = Payload(vlrs, 34736);
            Dictionary<int, double> values = [];
            for (int at = 8; at + 8 <= directory.Length; at += 8)
            {
                int key = UInt16(directory, at), location = UInt16(directory, at + 2), value = UInt16(directory, at + 6);
                if (location == 0) values[key] = value;
                else if (location == 34736 && 8 * value + 8 <= doubles.Length)
                    values[key] = BinaryPrimitives.ReadDoubleLittleEndian(doubles[(8 * value)..]);
            }

            int? projected = Code(values, 3072), geographic = Code(values, 2048);
            CrsKind kind = values.GetValueOrDefault(1024) switch
            {
                1 => CrsKind.Projected,
                2 => CrsKind.Geographic,
                3 => CrsKind.Geocentric,
                _ => projected is not null ? CrsKind.Projected : geographic is not null ? CrsKind.Geographic : CrsKind.Unknown,
            };
            // The geographic code of a projected system names its datum, not the coordinates in the file.
            int? epsg = kind is CrsKind.Geographic or CrsKind.Geocentric ? geographic : projected;
            double? horizontal = kind == CrsKind.Geocentric ? Unit(values, 2052, 2053) : Unit(values, 3076, 3077);
            return new GeoKeys(values.Count == 0, epsg, kind, horizontal, Unit(values, 4099, -1), Code(values, 4096));
        }

        private static ReadOnlySpan<byte> Payload(IReadOnlyList<LasVlr> vlrs, int recordId)
        {
            foreach (LasVlr vlr in vlrs)
                if (vlr.Is(Projection, recordId) && vlr.PayloadLength > 0) return vlr.Payload.Span;
            return default;
        }

        private static int UInt16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

        private static int? Code(Dictionary<int, double> values, int key) =>
            values.TryGetValue(key, out double code) && code is > 0 and < UserDefined or > UserDefined and < 65536 ? (int)code : null;

        private static double? Unit(Dictionary<int, double> values, int codeKey, int sizeKey)
        {
            if (values.TryGetValue(codeKey, out double code) && LengthUnits.Find((int)code) is { } unit) return unit;
            return values.TryGetValue(sizeKey, out double size) && size > 0 && double.IsFinite(size) ? size : null;
        }
    }
}
