using BatchSegmenter.Geometry;
using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// The points of one tile that the network sees: one per voxel, with what is measured around each. Coordinates are metres in the
/// tile's own frame, float32.
/// </summary>
public sealed class ThinnedPoints
{
    /// <param name="count">Number of points.</param>
    /// <param name="features">What will be asked for: the rest has no arrays.</param>
    internal ThinnedPoints(int count, IReadOnlyList<FeatureDescription> features)
    {
        bool Asks(params ReadOnlySpan<string> names)
        {
            foreach (FeatureDescription feature in features)
                if (names.Contains(feature.Name)) return true;
            return false;
        }

        if (Asks("cloud_x", "cloud_y", "cloud_z")) (CloudX, CloudY, CloudZ) = (new float[count], new float[count], new float[count]);
        if (Asks("height")) Height = new float[count];
        if (Asks(BlockFeatures.OfColor)) (Red, Green, Blue) = (new float[count], new float[count], new float[count]);
        if (Asks("intensity")) RawIntensity = new float[count];
        Count = count;
        PointIndex = new int[count];
        (X, Y, Z) = (new float[count], new float[count], new float[count]);
        (HeightNear, HeightFar) = (new float[count], new float[count]);
        (Intensity, ReturnRatio, ReturnCount) = (new float[count], new float[count], new float[count]);
        (Linearity, Planarity, Scattering, Verticality) = (new float[count], new float[count], new float[count], new float[count]);
        (LowNear, HighNear, LowFar, HighFar) = (new float[count], new float[count], new float[count], new float[count]);
        Spacing = new float[count];
    }

    /// <summary>Number of points.</summary>
    public int Count { get; }

    /// <summary>Index of each point within its tile's columns, ascending by voxel of first appearance.</summary>
    public int[] PointIndex { get; }

    /// <summary>Easting in the tile's frame, metres.</summary>
    public float[] X { get; }

    /// <summary>Northing in the tile's frame, metres.</summary>
    public float[] Y { get; }

    /// <summary>Height in the tile's frame, metres.</summary>
    public float[] Z { get; }

    /// <summary>Height above <see cref="SurveySurface.NearGround"/>, metres.</summary>
    public float[] HeightNear { get; }

    /// <summary>Height above <see cref="SurveySurface.FarGround"/>, metres.</summary>
    public float[] HeightFar { get; }

    /// <summary>Intensity rank less one half, −0.5–0.5; 0 where the survey has no intensity.</summary>
    public float[] Intensity { get; }

    /// <summary>Intensity divided by the largest that 16 bits hold, 0–1; null where it is not asked for.</summary>
    public float[]? RawIntensity { get; }

    /// <summary>Share of the way from the cloud's least easting to its greatest, 0–1; null where it is not asked for.</summary>
    public float[]? CloudX { get; }

    /// <summary>Share of the way from the cloud's least northing to its greatest, 0–1; null where it is not asked for.</summary>
    public float[]? CloudY { get; }

    /// <summary>Share of the way from the cloud's least height to its greatest, 0–1; null where it is not asked for.</summary>
    public float[]? CloudZ { get; }

    /// <summary>Metres above the cloud's lowest point; null where it is not asked for.</summary>
    public float[]? Height { get; }

    /// <summary>Red, 0–1; null where it is not asked for.</summary>
    public float[]? Red { get; }

    /// <summary>Green, 0–1; null where it is not asked for.</summary>
    public float[]? Green { get; }

    /// <summary>Blue, 0–1; null where it is not asked for.</summary>
    public float[]? Blue { get; }

    /// <summary>Return number divided by the number of returns, 0–1; 1 where the survey has no returns.</summary>
    public float[] ReturnRatio { get; }

    /// <summary>Number of returns less one, divided by four, 0–1; 0 where the survey has no returns.</summary>
    public float[] ReturnCount { get; }

    /// <inheritdoc cref="LocalShape"/>
    public float[] Linearity { get; }

    /// <inheritdoc cref="LocalShape"/>
    public float[] Planarity { get; }

    /// <inheritdoc cref="LocalShape"/>
    public float[] Scattering { get; }

    /// <inheritdoc cref="LocalShape"/>
    public float[] Verticality { get; }

    /// <summary>Least z in the small window of <see cref="LocalRelief"/>.</summary>
    public float[] LowNear { get; }

    /// <summary>Greatest z in the small window of <see cref="LocalRelief"/>.</summary>
    public float[] HighNear { get; }

    /// <summary>Least z in the large window of <see cref="LocalRelief"/>.</summary>
    public float[] LowFar { get; }

    /// <summary>Greatest z in the large window of <see cref="LocalRelief"/>.</summary>
    public float[] HighFar { get; }

    /// <summary>
    /// Local spacing, metres: the edge of a square per point on a plane that would put the 16th neighbour in space at the distance where it is.
    /// </summary>
    public float[] Spacing { get; }
}
