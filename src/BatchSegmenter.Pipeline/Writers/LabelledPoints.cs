using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Writers;

/// <summary>A run of labelled points in file order: a slice of decoded columns and what the network said of it.</summary>
/// <param name="Columns">The decoded points: positions, and the attributes that the dataset carries over.</param>
/// <param name="Offset">Index within <paramref name="Columns"/> of the first point of this run.</param>
/// <param name="FirstPointIndex">Position in the file of the first point of this run.</param>
/// <param name="Labels">The label of each point: an ASPRS code, 0–255. Its length is the number of points.</param>
/// <param name="Confidence">The winning class's share of each point, 0–1.</param>
/// <param name="Probabilities">
/// Row-major shares, points × classes, or empty where they are not written. Points that the network did not see may hold NaN.
/// </param>
internal readonly record struct LabelledPoints(
    PointColumns Columns, int Offset, long FirstPointIndex, ReadOnlyMemory<int> Labels, ReadOnlyMemory<float> Confidence,
    ReadOnlyMemory<float> Probabilities);
