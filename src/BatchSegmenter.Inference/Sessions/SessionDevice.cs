using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Sessions;

/// <summary>What sessions run on, and how many blocks its memory takes in one run: half as many, for the rest of its life, whenever it does not suffice.</summary>
/// <param name="provider">Of <see cref="ExecutionProvider.Names"/>.</param>
/// <param name="number">The accelerator, from 0; 0 for the processor.</param>
internal sealed class SessionDevice(string provider, int number)
{
    private int _asked;
    private int _most = int.MaxValue;

    /// <summary>The accelerator, from 0.</summary>
    public int Number => number;

    /// <summary>Blocks that a run may have; <see cref="int.MaxValue"/> as long as memory has always sufficed.</summary>
    public int MostBlocks => Volatile.Read(ref _most);

    /// <summary>What to tell the user of memory that did not suffice; null if it always did.</summary>
    public string? Shortage => MostBlocks == int.MaxValue
        ? null
        : $"{this} ran out of memory on a batch of {Volatile.Read(ref _asked)} blocks; the run went on with at most {MostBlocks} at a time. Set inference.blocksPerBatch to {MostBlocks}, or give it more memory (inference.deviceMemory)";

    /// <summary>Runs blocks one after another, as many at a time as memory takes.</summary>
    /// <param name="blocks">How many there are, at least 1.</param>
    /// <param name="run">Runs some of them, told the first and how many.</param>
    /// <exception cref="DeviceMemoryException">There is not even memory for one.</exception>
    public void Run(int blocks, Action<int, int> run)
    {
        int first = 0;
        while (first < blocks)
        {
            int count = Math.Min(MostBlocks, blocks - first);
            try
            {
                run(first, count);
                first += count;
            }
            catch (OnnxRuntimeException fault) when (DeviceMemoryException.IsShortage(fault))
            {
                if (count == 1) throw new DeviceMemoryException($"{this} has not enough memory for one block (free some, raise inference.deviceMemory, or use another provider): {fault.Message}", fault);
                Halve(count);
            }
        }
    }

    /// <summary>Such as <c>cuda device 1</c>.</summary>
    public override string ToString() => provider == ExecutionProvider.Cpu ? provider : $"{provider} device {number}";

    /// <summary>Runs of other sessions on the same device may find the same at the same time: the smallest stays.</summary>
    private void Halve(int count)
    {
        Interlocked.CompareExchange(ref _asked, count, 0);
        int found = MostBlocks;
        while (count / 2 < found)
        {
            int before = Interlocked.CompareExchange(ref _most, count / 2, found);
            if (before == found) return;
            found = before;
        }
    }
}
