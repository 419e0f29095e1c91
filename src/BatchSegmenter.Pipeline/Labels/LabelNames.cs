using System.Globalization;
using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Labels;

/// <summary>The names of label codes, as <c>label_name</c> shows them.</summary>
public static class LabelNames
{
    /// <summary>
    /// A name for each of the 256 codes: the bundle's class where it maps to that code alone, else the standard's name, else <c>class_N</c>.
    /// </summary>
    public static string[] Of(IReadOnlyList<ClassDescription> classes)
    {
        string[] names = new string[256];
        for (int code = 0; code < names.Length; code++)
        {
            string standard = AsprsClassNames.Of((byte)code);
            names[code] = standard is "reserved" or "user defined" ? "class_" + code.ToString(CultureInfo.InvariantCulture) : standard.Replace(' ', '_');
        }

        foreach (ClassDescription c in classes)
            if (c.ByHeight is null) names[c.Asprs ?? c.Id] = c.Name;
        return names;
    }
}
