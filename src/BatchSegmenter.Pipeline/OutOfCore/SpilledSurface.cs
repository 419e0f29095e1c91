using System.Runtime.InteropServices;
using BatchSegmenter.Formats;
using BatchSegmenter.Geometry;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>
/// The ground of a survey in a scratch file, of which each tile gets the part beneath it: that of a large area is a hundred megabytes, which
/// would have to be held until its last tile.
/// </summary>
/// <param name="file">Takes the ground; closed with this.</param>
/// <param name="surface">With its ground, which is not kept.</param>
internal sealed class SpilledSurface(ScratchFile file, SurveySurface surface) : IDisposable
{
    private readonly long _near = file.Append(MemoryMarshal.AsBytes(surface.NearGround.Nodes));
    private readonly long _far = file.Append(MemoryMarshal.AsBytes(surface.FarGround.Nodes));

    /// <summary>What is known of the survey, but for the heights of its ground.</summary>
    public SurveySurface Outline { get; } = surface with { NearGround = surface.NearGround.Outline(), FarGround = surface.FarGround.Outline() };

    /// <summary>The survey with the ground around some of its points.</summary>
    public SurveySurface Around(PointColumns points)
    {
        if (points.Count == 0) return Outline;
        (double minX, double maxX) = Range(points.X.AsSpan(0, points.Count));
        (double minY, double maxY) = Range(points.Y.AsSpan(0, points.Count));
        return Outline with { NearGround = Part(Outline.NearGround, _near), FarGround = Part(Outline.FarGround, _far) };

        GroundSurface Part(GroundSurface ground, long at) => ground.Window(
            minX, minY, maxX, maxY, (first, heights) => file.Read(at + (long)first * sizeof(float), MemoryMarshal.AsBytes(heights)));
    }

    /// <summary>Removes the file.</summary>
    public void Dispose() => file.Dispose();

    private static (double Min, double Max) Range(ReadOnlySpan<double> values)
    {
        (double min, double max) = (values[0], values[0]);
        foreach (double value in values) (min, max) = (Math.Min(min, value), Math.Max(max, value));
        return (min, max);
    }
}
