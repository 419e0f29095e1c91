using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>
/// The strips of a run's inputs that were neighbours already, so that each is decoded once for all that lie beside it. Those not asked for longest go where they
/// would take more than a share of the disk that is free, or too many open files; they are decoded again. What comes out does not depend on it. Not for several threads at a
/// time.
/// </summary>
/// <param name="scratch">Where they are kept, and removed with the run.</param>
/// <param name="root">The folder whose free bytes count.</param>
/// <param name="most">Strips kept at once. In a grid of files by rows, two rows are needed.</param>
internal sealed class NeighbourStrips(ScratchFolder scratch, string root, int most = 256)
{
    /// <summary>What they may take is this part of what would be free without them.</summary>
    private const int PartOfDisk = 4;

    private readonly List<(SegmentationInput Input, NeighbourStrip Strip)> _kept = []; // the latest asked for last

    private long Bytes => _kept.Sum(it => it.Strip.Bytes);

    /// <summary>The strip of an input; null where it is to be decoded.</summary>
    public NeighbourStrip? Find(SegmentationInput input)
    {
        int at = _kept.FindIndex(it => it.Input == input);
        if (at < 0) return null;
        (SegmentationInput, NeighbourStrip Strip) found = _kept[at];
        _kept.RemoveAt(at);
        _kept.Add(found);
        return found.Strip;
    }

    /// <summary>Begins a strip, which the caller disposes of unless it is kept.</summary>
    public NeighbourStrip Begin() => new(scratch.Create("neighbour"));

    /// <summary>Makes room for a strip as far as it has been filled; false where there is none, so that it cannot be kept.</summary>
    public bool MakeRoom(NeighbourStrip strip)
    {
        while (_kept.Count > 0 && (_kept.Count >= most || !Fits(strip))) Drop(0);
        return _kept.Count < most && Fits(strip);
    }

    /// <summary>Keeps the strip of an input that was decoded to its end.</summary>
    public void Keep(SegmentationInput input, NeighbourStrip strip) => _kept.Add((input, strip));

    private bool Fits(NeighbourStrip strip)
    {
        long held = Bytes + strip.Bytes;
        return held <= (ScratchFolder.FreeBytes(root) + held) / PartOfDisk;
    }

    private void Drop(int at)
    {
        _kept[at].Strip.Dispose();
        _kept.RemoveAt(at);
    }
}
