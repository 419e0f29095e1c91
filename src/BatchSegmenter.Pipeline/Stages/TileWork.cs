using System.Buffers;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.OutOfCore;

namespace BatchSegmenter.Pipeline.Stages;

/// <summary>One tile on its way from the partition stage to the vote stage.</summary>
/// <param name="cloud">The input that it is part of.</param>
/// <param name="isEnd">Whether it has no points, but says that the input's tiles are over.</param>
internal sealed class TileWork(CloudWork cloud, bool isEnd)
{
    public CloudWork Cloud { get; } = cloud;

    public bool IsEnd { get; } = isEnd;

    /// <summary>Core points first, then the halo; in the survey's frame. Null once the tile is labelled, or where there is none.</summary>
    public PointColumns? Points { get; set; }

    /// <summary>The survey, with its ground around the tile at least.</summary>
    public SurveySurface Surface { get => field ?? Cloud.Surface!; init; }

    /// <summary>Index of each core point within the file.</summary>
    public int[] PointIndex { get; set; } = [];

    /// <summary>Number of core points.</summary>
    public int CoreCount => PointIndex.Length;

    public NormalizedTile? Normalized { get; set; }

    public BlockPartitioner? Partitioner { get; set; }

    /// <summary>Thinned points of each block's core.</summary>
    public List<int[]> Cores { get; set; } = [];

    /// <summary>For each thinned point, the block whose core it is in, or −1.</summary>
    public int[] CoreOf { get; set; } = [];

    public LabelVotes? Votes { get; set; }

    /// <summary>What the tile may hold of the memory budget until it is labelled.</summary>
    public ByteGate.HeldBytes? Held { get; set; }
}

/// <summary>Blocks of one tile that go through the network in one session run.</summary>
/// <param name="Tile">Their tile.</param>
/// <param name="First">Number of the first block.</param>
/// <param name="Count">Number of blocks; 0 for a tile without any.</param>
/// <param name="IsLast">Whether these are the tile's last.</param>
internal sealed record BlockGroup(TileWork Tile, int First, int Count, bool IsLast)
{
    public PointBlock[] Blocks { get; } = new PointBlock[Count];

    /// <summary>Null where the network computes them.</summary>
    public Neighbourhoods?[] Neighbourhoods { get; } = new Neighbourhoods?[Count];

    /// <summary>Class probabilities, [points of all blocks, classes], in a rented array that may be longer; null before the network has run.</summary>
    public float[]? Probabilities { get; private set; }

    /// <summary>Makes room for <see cref="Probabilities"/>; their contents are any.</summary>
    public Memory<float> RentProbabilities(int classes)
    {
        int length = 0;
        foreach (PointBlock block in Blocks) length += block.Count * classes;
        Probabilities = ArrayPool<float>.Shared.Rent(length);
        return Probabilities.AsMemory(0, length);
    }

    /// <summary>Gives back, once the blocks have voted or are given up, all that the group holds.</summary>
    public void Release()
    {
        foreach (Neighbourhoods? neighbourhoods in Neighbourhoods) neighbourhoods?.Dispose();
        foreach (PointBlock? block in Blocks)
            if (block is not null) Tile.Partitioner!.Release(block);
        if (Probabilities is not null) ArrayPool<float>.Shared.Return(Probabilities);
        Probabilities = null;
        Array.Clear(Blocks);
    }
}
