using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Training;

/// <summary>One labelled survey in memory, in metres, less the points that the recipe hides.</summary>
/// <param name="Name">File name without extension.</param>
/// <param name="Points">Positions in a <see cref="SurveyFrame"/>, signal and class codes.</param>
/// <param name="Density">Points per square metre where there are points.</param>
public sealed record TrainingSurvey(string Name, PointColumns Points, double Density)
{
    private const PointAttributes Needed = PointAttributes.Intensity | PointAttributes.ReturnNumber | PointAttributes.NumberOfReturns
        | PointAttributes.GpsTime | PointVisibility.Attributes;

    /// <summary>Reads a survey.</summary>
    /// <exception cref="PointCloudException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file has no points that the recipe leaves visible.</exception>
    public static TrainingSurvey Load(string path, TrainingRecipe recipe)
    {
        using PointCloudReader reader = PointCloudReader.Open(path);
        PointColumns all = new(checked((int)reader.Header.PointCount), Needed);
        while (reader.Read(all, 1 << 20) > 0) { }

        if (all.Count == 0) throw new InvalidDataException($"{path}: a survey without points teaches nothing.");
        SurveyFrame.Around(all, reader.Header.Crs).ToLocal(all, 0, all.Count);
        int[] visible = new PointVisibility(recipe.Hidden).Visible(all);
        if (visible.Length < 2) throw new InvalidDataException($"{path}: the recipe hides all {all.Count} points.");
        PointColumns points = new(visible.Length, Needed);
        points.Append(all, visible);
        double spacing = PointSpacing.Estimate(points.X.AsSpan(0, points.Count), points.Y.AsSpan(0, points.Count));
        return new TrainingSurvey(Path.GetFileNameWithoutExtension(path), points, 1 / (spacing * spacing));
    }
}
