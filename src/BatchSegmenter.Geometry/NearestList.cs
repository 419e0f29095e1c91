using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Geometry;

/// <summary>The nearest candidates so far, sorted by squared distance and then by index.</summary>
/// <remarks>
/// A key holds the bits of the distance above the index; bits of floats that are not negative sort like their values, so one comparison of
/// keys orders by both.
/// </remarks>
internal ref struct NearestList
{
    private static readonly ulong None = Key(float.PositiveInfinity, -1);
    private readonly Span<ulong> _keys;

    public NearestList(Span<ulong> keys)
    {
        _keys = keys;
        keys.Fill(None);
        Limit = float.PositiveInfinity;
    }

    /// <summary>A candidate farther than this cannot enter; infinite until the list is full.</summary>
    public float Limit { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Offer(float squaredDistance, int index)
    {
        ulong key = Key(squaredDistance, index);
        ref ulong first = ref MemoryMarshal.GetReference(_keys);
        nint at = _keys.Length - 1;
        if (key >= Unsafe.Add(ref first, at))
            return;
        for (; at > 0 && Unsafe.Add(ref first, at - 1) > key; at--)
            Unsafe.Add(ref first, at) = Unsafe.Add(ref first, at - 1);
        Unsafe.Add(ref first, at) = key;
        Limit = BitConverter.UInt32BitsToSingle((uint)(Unsafe.Add(ref first, _keys.Length - 1) >> 32));
    }

    /// <summary>Writes indices (-1 where there is none) and squared distances (positive infinity), and returns how many there are.</summary>
    public readonly int CopyTo(Span<int> indices, Span<float> squaredDistances)
    {
        int found = 0;
        for (int i = 0; i < _keys.Length; i++)
        {
            indices[i] = (int)_keys[i];
            squaredDistances[i] = BitConverter.UInt32BitsToSingle((uint)(_keys[i] >> 32));
            found += _keys[i] == None ? 0 : 1;
        }
        return found;
    }

    private static ulong Key(float squaredDistance, int index) => (ulong)BitConverter.SingleToUInt32Bits(squaredDistance) << 32 | (uint)index;
}
