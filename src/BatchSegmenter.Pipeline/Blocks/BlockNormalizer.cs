using BatchSegmenter.Formats;
using BatchSegmenter.Geometry;
using BatchSegmenter.Inference;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// Turns the points of a tile into what the network sees: thinned by a voxel grid, and each with its height above ground, its
/// intensity rank, its returns and the shape of its surroundings. The file's own classification is never looked at.
/// </summary>
public sealed class BlockNormalizer
{
    private const int ShapeNeighbors = 16;
    private const int NearWindow = 1;
    private const int FarWindow = 4;

    private readonly InputDescription _input;
    private readonly ParallelOptions _parallel;

    /// <param name="input">Voxel sizes.</param>
    /// <param name="parallelism">Most threads to use. The result does not depend on it.</param>
    public BlockNormalizer(InputDescription input, int parallelism)
    {
        _input = input;
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = parallelism, TaskScheduler = null }; // null: that of the stage it runs in
    }

    /// <summary>Thins and measures the visible points of a tile, which are in a <see cref="SurveyFrame"/>.</summary>
    public NormalizedTile Normalize(PointColumns points, SurveySurface surface)
    {
        ReadOnlySpan<double> x = points.X.AsSpan(0, points.Count), y = points.Y.AsSpan(0, points.Count), z = points.Z.AsSpan(0, points.Count);
        int[] voxelOf = new int[points.Count];
        int[] representatives = new int[points.Count];
        ThinnedPoints thinned = new(Thin(x, y, z, representatives, voxelOf), _input.Features);
        (double X, double Y, double Z) origin = points.Count == 0 ? default : (Math.Floor(x[0]), Math.Floor(y[0]), Math.Floor(z[0]));
        for (int i = 0; i < thinned.Count; i++)
        {
            int v = representatives[i];
            thinned.PointIndex[i] = v;
            thinned.X[i] = (float)(x[v] - origin.X);
            thinned.Y[i] = (float)(y[v] - origin.Y);
            thinned.Z[i] = (float)(z[v] - origin.Z);
            thinned.HeightNear[i] = Height(z[v], surface.NearGround.HeightAt(x[v], y[v]));
            thinned.HeightFar[i] = Height(z[v], surface.FarGround.HeightAt(x[v], y[v]));
            FillSignal(thinned, i, points, surface);
            FillPlace(thinned, i, (x[v], y[v], z[v]), surface.Bounds);
        }

        KdTree tree = new(thinned.X, thinned.Y, thinned.Z);
        MeasureShape(thinned, tree);
        float cell = (float)Math.Max(1.5 * surface.Spacing, 2 * _input.Thinning.Edge);
        LocalRelief.Measure(thinned.X, thinned.Y, thinned.Z, cell, NearWindow, thinned.LowNear, thinned.HighNear);
        LocalRelief.Measure(thinned.X, thinned.Y, thinned.Z, cell, FarWindow, thinned.LowFar, thinned.HighFar);
        return new NormalizedTile(thinned, tree, origin, voxelOf);
    }

    private int Thin(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ReadOnlySpan<double> z, int[] representatives, int[] voxelOf)
    {
        if (_input.Thinning is { Edge: > 0, Height: > 0 })
            return VoxelGrid.Thin(x, y, z, _input.Thinning.Edge, _input.Thinning.Height, representatives, voxelOf);
        for (int i = 0; i < representatives.Length; i++) representatives[i] = voxelOf[i] = i;
        return representatives.Length;
    }

    private static float Height(double z, double ground) => (float)Math.Clamp(z - ground, -50, 500);

    private static void FillSignal(ThinnedPoints thinned, int i, PointColumns points, SurveySurface surface)
    {
        int p = thinned.PointIndex[i];
        thinned.Intensity[i] = surface.Intensity is null ? 0 : surface.Intensity[points.Intensity![p]] - 0.5f;
        int returns = surface.HasReturns ? Math.Max(1, (int)points.NumberOfReturns![p]) : 1;
        int number = surface.HasReturns ? Math.Clamp(points.ReturnNumber![p], 1, returns) : 1;
        thinned.ReturnRatio[i] = (float)number / returns;
        thinned.ReturnCount[i] = Math.Min(returns - 1, 4) / 4f;
        if (thinned.RawIntensity is not null) thinned.RawIntensity[i] = (points.Intensity?[p] ?? 0) / (float)ushort.MaxValue;
        if (thinned.Red is null || points.Red is null) return;
        thinned.Red[i] = points.Red[p] / surface.LargestColor;
        thinned.Green![i] = points.Green![p] / surface.LargestColor;
        thinned.Blue![i] = points.Blue![p] / surface.LargestColor;
    }

    private static void FillPlace(ThinnedPoints thinned, int i, (double X, double Y, double Z) point, SurveyBounds bounds)
    {
        if (thinned.Height is not null) thinned.Height[i] = (float)(point.Z - bounds.Least.Z);
        if (thinned.CloudX is null) return;
        thinned.CloudX[i] = Share(point.X, bounds.Least.X, bounds.Greatest.X);
        thinned.CloudY![i] = Share(point.Y, bounds.Least.Y, bounds.Greatest.Y);
        thinned.CloudZ![i] = Share(point.Z, bounds.Least.Z, bounds.Greatest.Z);

        static float Share(double value, double least, double greatest) => greatest > least ? (float)((value - least) / (greatest - least)) : 0;
    }

    private void MeasureShape(ThinnedPoints thinned, KdTree tree)
    {
        int k = Math.Min(ShapeNeighbors, thinned.Count);
        const int run = 1024;
        Parallel.For(0, (thinned.Count + run - 1) / run, _parallel, part =>
        {
            Span<int> neighbors = stackalloc int[ShapeNeighbors];
            Span<float> squared = stackalloc float[ShapeNeighbors];
            for (int i = part * run; i < Math.Min(thinned.Count, (part + 1) * run); i++)
            {
                int found = tree.Nearest(thinned.X[i], thinned.Y[i], thinned.Z[i], neighbors[..k], squared[..k]);
                LocalShape shape = LocalShape.Of(thinned.X, thinned.Y, thinned.Z, neighbors[..found]);
                thinned.Linearity[i] = shape.Linearity;
                thinned.Planarity[i] = shape.Planarity;
                thinned.Scattering[i] = shape.Scattering;
                thinned.Verticality[i] = shape.Verticality;
                float reach = MathF.Sqrt(squared[found - 1]);
                thinned.Spacing[i] = MathF.Max((float)_input.Thinning.Height / 4, reach * MathF.Sqrt(MathF.PI / found));
            }
        });
    }
}
