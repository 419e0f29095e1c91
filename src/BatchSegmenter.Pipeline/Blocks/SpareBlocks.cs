namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>
/// Arrays of blocks that are done with, to be filled again: nearly all blocks of a run have one size, so that after the first few none is
/// allocated. Holds no more than were in use at one time. Safe to use from many threads.
/// </summary>
internal sealed class SpareBlocks
{
    private readonly Stack<PointBlock> _spare = [];
    private readonly Lock _lock = new();

    /// <summary>A block whose arrays have the right lengths and any contents.</summary>
    /// <param name="points">Number of points.</param>
    /// <param name="channels">Features per point.</param>
    public PointBlock Take(int points, int channels)
    {
        lock (_lock)
        {
            if (_spare.TryPeek(out PointBlock? block) && block.Count == points && block.Features.Length == points * channels) return _spare.Pop();
        }

        return new PointBlock(0, new int[points], 0, new float[3 * points], new float[channels * points]);
    }

    /// <summary>Takes a block back that nobody uses any more.</summary>
    public void Give(PointBlock block)
    {
        lock (_lock)
        {
            // Small tiles end in blocks of odd sizes; one of those on top would keep the others from being found.
            if (_spare.TryPeek(out PointBlock? other) && block.Count < other.Count) return;
            if (other is not null && block.Count > other.Count) _spare.Clear();
            _spare.Push(block);
        }
    }
}
