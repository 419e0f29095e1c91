using System.Globalization;
using System.Numerics;
using System.Xml.Linq;

namespace BatchSegmenter.Formats.E57;

/// <summary>How the values of a field are stored.</summary>
internal enum E57FieldType
{
    Single,
    Double,
    Integer,
    String,
}

/// <summary>One field of a record: an element of a scan's prototype, which has a bytestream of its own.</summary>
/// <param name="Name">Its name, without the prefix of an extension.</param>
/// <param name="IsStandard">Whether it stands in the namespace of the standard, not in that of an extension.</param>
/// <param name="Type">How values are stored; scaled integers are integers.</param>
/// <param name="Minimum">What is added to a stored integer.</param>
/// <param name="Bits">Bits of a stored value: 0 where all are equal, -1 for texts, whose length varies.</param>
/// <param name="Scale">What an integer is multiplied by; 1 for plain ones.</param>
/// <param name="Offset">What is added to the scaled integer.</param>
/// <param name="Lower">Least value by the declared range, scaled; NaN where none is declared.</param>
/// <param name="Upper">Greatest value by the declared range, scaled; NaN where none is declared.</param>
internal sealed record E57Field(
    string Name, bool IsStandard, E57FieldType Type, long Minimum, int Bits, double Scale, double Offset, double Lower, double Upper)
{
    /// <summary>Understands an element of a prototype.</summary>
    /// <returns>The field, or what is wrong with the element.</returns>
    public static (E57Field? Field, string? Problem) Parse(XElement element, XNamespace standard)
    {
        string name = element.Name.LocalName;
        bool isStandard = element.Name.Namespace == standard;
        switch ((string?)element.Attribute("type"))
        {
            case "Float":
                bool single = (string?)element.Attribute("precision") == "single";
                return (new E57Field(
                    name, isStandard, single ? E57FieldType.Single : E57FieldType.Double, 0, single ? 32 : 64, 1, 0,
                    Number(element, "minimum", double.NaN), Number(element, "maximum", double.NaN)), null);
            case "Integer":
            case "ScaledInteger":
                if (!Integer(element, "minimum", long.MinValue, out long minimum) || !Integer(element, "maximum", long.MaxValue, out long maximum) || minimum > maximum)
                    return (null, $"field {name} has the range \"{(string?)element.Attribute("minimum")}\" to \"{(string?)element.Attribute("maximum")}\"");
                bool scaled = (string?)element.Attribute("type") == "ScaledInteger";
                double scale = scaled ? Number(element, "scale", 1) : 1, offset = scaled ? Number(element, "offset", 0) : 0;
                if (!double.IsFinite(scale) || !double.IsFinite(offset))
                    return (null, $"field {name} has scale \"{(string?)element.Attribute("scale")}\" and offset \"{(string?)element.Attribute("offset")}\"");
                bool declared = element.Attribute("minimum") is not null && element.Attribute("maximum") is not null;
                return (new E57Field(
                    name, isStandard, E57FieldType.Integer, minimum, 64 - BitOperations.LeadingZeroCount((ulong)(maximum - minimum)), scale, offset,
                    declared ? minimum * scale + offset : double.NaN, declared ? maximum * scale + offset : double.NaN), null);
            case "String":
                return (new E57Field(name, isStandard, E57FieldType.String, 0, -1, 1, 0, double.NaN, double.NaN), null);
            case var type:
                return (null, $"field {name} has the type \"{type}\"");
        }
    }

    private static bool Integer(XElement element, string attribute, long absent, out long value)
    {
        value = absent;
        return (string?)element.Attribute(attribute) is not { } text
            || long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out value);
    }

    private static double Number(XElement element, string attribute, double absent) =>
        (string?)element.Attribute(attribute) is not { } text ? absent
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN;
}
