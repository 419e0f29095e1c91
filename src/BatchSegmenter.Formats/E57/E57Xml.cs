using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Formats.E57;

/// <summary>The XML section: what scans there are and where their records lie. Images and the rest are passed over.</summary>
internal sealed class E57Xml
{
    private const int MaxLength = 64 << 20;
    private const int MaxFields = 1024;

    /// <summary>Elements within one another: far more than the standard has. An element tree takes time in the square of its depth.</summary>
    private const int MaxDepth = 256;

    private readonly string _path;
    private readonly long _offset;
    private readonly List<E57Scan> _scans = [];
    private XNamespace _standard = XNamespace.None;

    private E57Xml(string path, long offset)
    {
        _path = path;
        _offset = offset;
    }

    /// <summary>The scans, in file order.</summary>
    public IReadOnlyList<E57Scan> Scans => _scans;

    /// <summary>The reference system; lengths are metres by the standard, whatever its text says.</summary>
    public CoordinateReferenceSystem Crs { get; private set; } = CoordinateReferenceSystem.Unknown;

    public static E57Xml Read(E57Pages pages, E57Header header, string path)
    {
        long start = pages.ToLogical((ulong)header.XmlOffset);
        if (start < 0 || header.XmlLength > pages.Length - start)
            throw new InvalidPointCloudException(path, 24, $"an XML section of {header.XmlLength} bytes from byte {header.XmlOffset}, which does not fit the file's {header.PhysicalLength} bytes. The header is corrupt.");
        if (header.XmlLength > MaxLength)
            throw new UnsupportedPointCloudException(path, header.XmlOffset, $"an XML section of {header.XmlLength} bytes; at most {MaxLength} are read.");
        byte[] text = new byte[header.XmlLength];
        pages.Read(start, text);
        E57Xml xml = new(path, header.XmlOffset);
        try
        {
            using (XmlReader reader = Open(text)) xml.CheckDepth(reader);
            using (XmlReader reader = Open(text)) xml.ReadRoot(reader);
        }
        catch (XmlException error)
        {
            throw new InvalidPointCloudException(path, header.XmlOffset, $"the XML section cannot be understood: {error.Message} The file is damaged.", error);
        }

        return xml;
    }

    private static XmlReader Open(byte[] text) => XmlReader.Create(
        new MemoryStream(text),
        new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true, IgnoreWhitespace = true });

    /// <summary>Goes to the end of the root element; what writers put behind it (padding) concerns nobody.</summary>
    private void CheckDepth(XmlReader reader)
    {
        reader.MoveToContent();
        if (reader.IsEmptyElement) return;
        while (reader.Read() && reader.Depth > 0)
            if (reader.Depth > MaxDepth) throw Invalid($"elements lie within one another more than {MaxDepth} deep");
    }

    private void ReadRoot(XmlReader reader)
    {
        reader.MoveToContent();
        if (reader.LocalName != "e57Root") throw Invalid($"the XML section begins with the element {reader.LocalName}; e57Root was expected");
        _standard = reader.NamespaceURI;
        if (reader.IsEmptyElement) return;
        reader.Read();
        while (reader.NodeType != XmlNodeType.EndElement && !reader.EOF)
        {
            if (reader.NodeType != XmlNodeType.Element || reader.NamespaceURI != _standard.NamespaceName) reader.Skip();
            else if (reader.LocalName == "data3D") ReadScans(reader);
            else if (reader.LocalName == "coordinateMetadata") ReadCrs(reader);
            else reader.Skip();
        }
    }

    private void ReadScans(XmlReader reader)
    {
        bool empty = reader.IsEmptyElement;
        reader.Read();
        if (empty) return;
        int number = 0;
        while (reader.NodeType != XmlNodeType.EndElement && !reader.EOF)
        {
            if (reader.NodeType != XmlNodeType.Element) reader.Skip();
            else if (ReadScan((XElement)XNode.ReadFrom(reader), ++number) is { } scan) _scans.Add(scan);
        }

        reader.Read();
    }

    private void ReadCrs(XmlReader reader)
    {
        string text = ((XElement)XNode.ReadFrom(reader)).Value.Trim();
        if (WktCrs.Parse(text) is { } wkt) Crs = new CoordinateReferenceSystem(wkt.Epsg, text, wkt.Kind, 1, 1);
    }

    /// <summary>A scan without records needs no prototype: some writers leave its section unwritten.</summary>
    private E57Scan? ReadScan(XElement scan, int number)
    {
        XElement? points = scan.Element(_standard + "points");
        if (points is null) return null;
        if (!long.TryParse((string?)points.Attribute("recordCount"), NumberStyles.None, CultureInfo.InvariantCulture, out long records)
            || !ulong.TryParse((string?)points.Attribute("fileOffset"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong section))
            throw Invalid($"scan {number} has \"{(string?)points.Attribute("recordCount")}\" records at byte \"{(string?)points.Attribute("fileOffset")}\"; numbers were expected");
        if (records == 0) return null;
        if (points.Element(_standard + "prototype") is not { } prototype) throw Invalid($"scan {number} has {records} records without a prototype that tells their fields");
        foreach (XElement codec in points.Element(_standard + "codecs")?.Elements() ?? [])
            if (codec.Elements().FirstOrDefault(element => element.Name.LocalName.EndsWith("Codec", StringComparison.Ordinal)
                && element.Name.LocalName != "bitPackCodec") is { } other)
                throw new UnsupportedPointCloudException(_path, _offset, $"scan {number} is compressed by {other.Name.LocalName}; bitPackCodec is read.");

        List<E57Field> fields = [];
        foreach (XElement element in prototype.Elements()) AddField(element, number, fields);
        E57Scan read = new(number, section, records, fields, PoseOf(scan, number), LimitsOf(scan), BoundsOf(scan));
        if (!read.IsCartesian && !read.IsSpherical)
            throw Invalid($"the {records} records of scan {number} have neither Cartesian nor spherical coordinates, but {string.Join(", ", fields.Take(20).Select(field => field.Name))}");
        return read;
    }

    private void AddField(XElement element, int number, List<E57Field> fields)
    {
        (E57Field? field, string? problem) = E57Field.Parse(element, _standard);
        if (field is null) throw Invalid($"{problem} in scan {number}");
        if (fields.Count == MaxFields) throw Invalid($"scan {number} has more than {MaxFields} fields");
        fields.Add(field);
    }

    private E57Pose? PoseOf(XElement scan, int number)
    {
        if (scan.Element(_standard + "pose") is not { } pose) return null;
        XElement? rotation = pose.Element(_standard + "rotation"), translation = pose.Element(_standard + "translation");
        double w = rotation is null ? 1 : Value(rotation, "w"), x = Value(rotation, "x"), y = Value(rotation, "y"), z = Value(rotation, "z");
        (double X, double Y, double Z) shift = (Value(translation, "x"), Value(translation, "y"), Value(translation, "z"));
        double length = w * w + x * x + y * y + z * z;
        if (!double.IsNormal(length) || !double.IsFinite(shift.X + shift.Y + shift.Z))
            throw Invalid($"scan {number} has the rotation ({w}, {x}, {y}, {z}) and the translation {shift}; finite numbers were expected, not all zero in the rotation");
        return x == 0 && y == 0 && z == 0 && shift == default ? null : new E57Pose(w, x, y, z, shift);
    }

    private Dictionary<string, double> LimitsOf(XElement scan)
    {
        Dictionary<string, double> limits = [];
        foreach (string group in (string[])["intensityLimits", "colorLimits"])
            foreach (XElement limit in scan.Element(_standard + group)?.Elements() ?? [])
                limits[limit.Name.LocalName] = Number(limit);
        return limits;
    }

    private ((double, double, double), (double, double, double))? BoundsOf(XElement scan) =>
        scan.Element(_standard + "cartesianBounds") is { } box
            ? ((Value(box, "xMinimum"), Value(box, "yMinimum"), Value(box, "zMinimum")), (Value(box, "xMaximum"), Value(box, "yMaximum"), Value(box, "zMaximum")))
            : null;

    private double Value(XElement? parent, string name) => parent?.Element(_standard + name) is { } element ? Number(element) : 0;

    /// <summary>The number that an element holds; 0, the standard's default, where it is empty; NaN where it is none.</summary>
    private static double Number(XElement element)
    {
        double value = 0, scale = 1, offset = 0;
        bool read = element.Value.Length == 0 || double.TryParse(element.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
        if ((string?)element.Attribute("type") == "ScaledInteger")
        {
            read &= (string?)element.Attribute("scale") is not { } s || double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out scale);
            read &= (string?)element.Attribute("offset") is not { } o || double.TryParse(o, NumberStyles.Float, CultureInfo.InvariantCulture, out offset);
        }

        return read ? value * scale + offset : double.NaN;
    }

    private InvalidPointCloudException Invalid(string problem) => new(_path, _offset, $"{problem} (in the XML section).");
}
