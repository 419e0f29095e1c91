using BatchSegmenter.Geometry;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>A tile after normalising: its thinned points, and the way back from them to all of its points.</summary>
/// <param name="Thinned">What the network sees.</param>
/// <param name="Tree">Index of the thinned points in space.</param>
/// <param name="Origin">Origin of the tile's frame within the survey's, metres.</param>
/// <param name="VoxelOf">For each point of the tile, the thinned point of its voxel.</param>
public sealed record NormalizedTile(ThinnedPoints Thinned, KdTree Tree, (double X, double Y, double Z) Origin, int[] VoxelOf) : IDisposable
{
    /// <summary>Gives the tree's memory back.</summary>
    public void Dispose() => Tree.Dispose();
}
