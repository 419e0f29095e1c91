using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// Which points the network sees. Hidden points stay in every output with their own class: noise and other excluded classes,
/// withheld points, and points without a usable position.
/// </summary>
public sealed class PointVisibility
{
    private readonly bool[] _excluded = new bool[256];

    private readonly bool _hidesWithheld;

    /// <param name="excludedCodes">Class codes whose points are hidden, 0–255.</param>
    /// <param name="hidesWithheld">Whether withheld points are hidden, too.</param>
    public PointVisibility(IEnumerable<int> excludedCodes, bool hidesWithheld = true)
    {
        _hidesWithheld = hidesWithheld;
        foreach (int code in excludedCodes) _excluded[code] = true;
    }

    /// <summary>The attributes that the rule reads.</summary>
    public const PointAttributes Attributes = PointAttributes.Classification | PointAttributes.ClassificationFlags;

    /// <summary>The indices of the visible points, ascending. <paramref name="points"/> is in a <see cref="SurveyFrame"/>.</summary>
    /// <param name="points">The points.</param>
    /// <param name="middle">The frame's <see cref="SurveyFrame.Middle"/>.</param>
    public int[] Visible(PointColumns points, (double X, double Y) middle = default)
    {
        int[] visible = new int[points.Count];
        int count = 0;
        for (int i = 0; i < points.Count; i++)
            if (IsVisible(points, i, middle)) visible[count++] = i;
        Array.Resize(ref visible, count);
        return visible;
    }

    /// <summary>Whether the network sees point <paramref name="i"/>.</summary>
    public bool IsVisible(PointColumns points, int i, (double X, double Y) middle = default) =>
        Math.Abs(points.X[i] - middle.X) <= SurveyFrame.Reach && Math.Abs(points.Y[i] - middle.Y) <= SurveyFrame.Reach
        && Math.Abs(points.Z[i]) <= SurveyFrame.Reach // false for NaN, too
        && IsShown(points, i);

    /// <summary>Whether point <paramref name="i"/> is neither of a hidden class nor withheld, wherever it stands.</summary>
    internal bool IsShown(PointColumns points, int i) =>
        !_excluded[points.Classification![i]]
        && !(_hidesWithheld && (points.ClassificationFlags![i] & ClassificationFlags.Withheld) != 0);
}
