using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>A node of a fused operator, ready to compute.</summary>
internal unsafe interface IFusedNode
{
    /// <summary>Computes some rows of the result.</summary>
    /// <param name="first">The first one.</param>
    /// <param name="count">How many.</param>
    /// <param name="scratch">As much memory as was asked for, at the begin of a line of the cache; what is in it is any.</param>
    /// <exception cref="OverflowException">The rows are too long to be counted.</exception>
    void Compute(int first, int count, float* scratch);
}

/// <summary>The rows of a node, worked off some at a time on the threads of the session's run.</summary>
internal unsafe struct FusedWork
{
    /// <summary>Bytes that scratch memory begins at a multiple of: a line of the cache.</summary>
    private const int Alignment = 64;

    /// <summary>Numbers that a thread keeps for its next rows: more are asked for by groups of whole blocks alone.</summary>
    private const int MostKept = 1 << 18;

    [ThreadStatic]
    private static float[]? _kept;

    private void* _node;
    private delegate*<void*, int, int, float*, void> _compute;
    private int _rows;
    private int _rowsAtOnce;
    private long _scratch;
    private bool _isTooLarge;

    /// <summary>Computes all rows.</summary>
    /// <param name="context">Of the node that runs.</param>
    /// <param name="node">What computes.</param>
    /// <param name="rows">Rows of the result.</param>
    /// <param name="rowsAtOnce">How many to compute at a time, at least 1.</param>
    /// <param name="scratch">Numbers of memory that so many need.</param>
    /// <exception cref="InvalidOperationException">There is not so much memory.</exception>
    public static void Run<TNode>(nint context, TNode node, int rows, int rowsAtOnce, long scratch) where TNode : unmanaged, IFusedNode
    {
        FusedWork work = new() { _node = &node, _compute = &Compute<TNode>, _rows = rows, _rowsAtOnce = rowsAtOnce, _scratch = scratch };
        RuntimeApi.ParallelFor(context, &Some, (rows + rowsAtOnce - 1) / rowsAtOnce, &work);
        if (work._isTooLarge) throw new InvalidOperationException($"there is no memory for {scratch} numbers, which {rowsAtOnce} rows need on each thread");
    }

    private static void Compute<TNode>(void* node, int first, int count, float* scratch) where TNode : unmanaged, IFusedNode => ((TNode*)node)->Compute(first, count, scratch);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Some(void* state, nint part)
    {
        ref FusedWork work = ref *(FusedWork*)state;
        int first = (int)part * work._rowsAtOnce;
        try
        {
            fixed (float* scratch = Scratch(work._scratch))
                work._compute(work._node, first, Math.Min(work._rowsAtOnce, work._rows - first), (float*)(((nint)scratch + Alignment - 1) & -Alignment));
        }
        catch (Exception fault) when (fault is OutOfMemoryException or OverflowException)
        {
            work._isTooLarge = true; // no exception may pass through native code
        }
    }

    private static float[] Scratch(long numbers)
    {
        int length = checked((int)numbers + Alignment / sizeof(float));
        if (_kept is { } kept && kept.Length >= length) return kept;
        float[] made = GC.AllocateUninitializedArray<float>(length, pinned: true);
        if (length <= MostKept) _kept = made;
        return made;
    }
}
