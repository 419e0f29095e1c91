using System.Globalization;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>How well an input fits what the bundle was trained for.</summary>
public static class InputFit
{
    private static readonly (string What, PointAttributes Attributes, string[] Features)[] Channels =
    [
        ("intensity", PointAttributes.Intensity, BlockFeatures.OfIntensity),
        ("colour", PointAttributes.Color, BlockFeatures.OfColor),
        ("return numbers", PointAttributes.ReturnNumber | PointAttributes.NumberOfReturns, BlockFeatures.OfReturns),
    ];

    /// <summary>One line for each way in which the input leaves the bundle's range.</summary>
    /// <exception cref="InputRefusedException">The input lacks what a feature is made of, and the bundle says that this must fail.</exception>
    public static IEnumerable<string> Warnings(ModelDescription model, CoordinateReferenceSystem crs, SurveySurface surface)
    {
        if (crs.Kind is CrsKind.Unknown) yield return "no coordinate reference system is given, metres are presumed";
        double density = 1 / (surface.Spacing * surface.Spacing);
        if (model.Trained is { } range && (density < 0.8 * range.Density[0] || density > 1.5 * range.Density[1]))
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"{density:0.##} points per square metre; the model was trained for {range.Density[0]} to {range.Density[1]}, so expect lower accuracy");
        if (surface.Intensity is null && Lacks(model, BlockFeatures.OfIntensity, "intensity")) yield return "there is no intensity; the model does without";
        if (surface.LargestColor == 0 && Lacks(model, BlockFeatures.OfColor, "colour")) yield return "there is no colour; the model does without";
        if (!surface.HasReturns && Lacks(model, BlockFeatures.OfReturns, "return numbers")) yield return "no pulse has more than one return; the model does without return numbers";
    }

    /// <summary>What the bundle makes features of, but a file does not have by its header; one that has the attribute may still hold nothing but zeros.</summary>
    /// <exception cref="InputRefusedException">The bundle says that such a file must fail.</exception>
    internal static IReadOnlyList<string> Missing(ModelDescription model, PointAttributes attributes) =>
        [.. Channels.Where(channel => (attributes & channel.Attributes) != channel.Attributes && Lacks(model, channel.Features, channel.What)).Select(channel => channel.What)];

    private static bool Lacks(ModelDescription model, string[] names, string what)
    {
        FeatureDescription[] asked = [.. model.Input.Features.Where(feature => names.Contains(feature.Name))];
        if (Array.Find(asked, feature => feature.Missing == MissingFeature.Fail) is { } strict)
            throw new InputRefusedException($"the file has no {what}, of which the model makes the feature '{strict.Name}', and the bundle says to refuse such files");
        return asked.Length > 0;
    }
}
