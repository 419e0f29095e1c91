using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BatchSegmenter.Geometry;

/// <summary>The nearest candidates so far, sorted by squared distance and then by index.</summary>
/// <remarks>
/// A key holds the bits of the distance above the index; bits of floats that are not negative sort like their values, so one comparison of
/// keys orders by both. Up to sixteen keys live in two vectors, against the upper end, behind keys of 0 that nothing displaces: the list after
/// an offer is max(list shifted up by one, min(list, key)) without a branch. Longer lists, and other machines, insert into a span.
/// </remarks>
internal ref struct NearestList
{
    public const int MostInVectors = 16;
    private const int Lanes = 8;
    private readonly Span<ulong> _keys;
    private readonly bool _inVectors;
    private Vector512<ulong> _low, _high;

    /// <summary>Starts an empty list of as many places as there are keys.</summary>
    public NearestList(Span<ulong> keys)
    {
        _keys = keys;
        Limit = float.MaxValue;
        _inVectors = Vector512.IsHardwareAccelerated && keys.Length <= MostInVectors;
        if (_inVectors)
        {
            ulong unused = (ulong)(MostInVectors - keys.Length);
            Vector512<ulong> lanes = Vector512<ulong>.Indices, none = Vector512.Create(None);
            _low = Vector512.GreaterThanOrEqual(lanes, Vector512.Create(unused)) & none;
            _high = Vector512.GreaterThanOrEqual(lanes + Vector512.Create((ulong)Lanes), Vector512.Create(unused)) & none;
        }
        else
        {
            keys.Fill(None);
        }
    }

    /// <summary>A candidate farther than this cannot enter; the largest float until the list is full.</summary>
    public float Limit { get; private set; }

    private static ulong None => Key(float.MaxValue, -1);

    /// <summary>Enters a candidate if it is near enough. Call <see cref="Settle"/> before the next look at the limit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Offer(float squaredDistance, int index)
    {
        ulong key = Key(squaredDistance, index);
        if (!_inVectors)
        {
            Insert(key);
            return;
        }
        Vector512<ulong> keys = Vector512.Create(key);
        // A lane beyond the vector (8) shuffles in a zero.
        Vector512<ulong> shifted = Vector512.Shuffle(_high, Vector512.Create(8UL, 0, 1, 2, 3, 4, 5, 6));
        if (_keys.Length > Lanes)
        {
            shifted |= Vector512.Shuffle(_low, Vector512.Create(7UL, 8, 8, 8, 8, 8, 8, 8));
            Vector512<ulong> shiftedLow = Vector512.Shuffle(_low, Vector512.Create(8UL, 0, 1, 2, 3, 4, 5, 6));
            _low = Vector512.Max(shiftedLow, Vector512.Min(_low, keys));
        }
        _high = Vector512.Max(shifted, Vector512.Min(_high, keys));
    }

    /// <summary>Brings <see cref="Limit"/> up to date.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Settle()
    {
        ulong last = _inVectors ? _high.GetElement(Lanes - 1) : _keys[^1];
        Limit = BitConverter.UInt32BitsToSingle((uint)(last >> 32));
    }

    /// <summary>Writes indices (-1 where there is none) and squared distances (positive infinity), and returns how many there are.</summary>
    public readonly int CopyTo(Span<int> indices, Span<float> squaredDistances)
    {
        if (_inVectors)
        {
            Span<ulong> all = stackalloc ulong[MostInVectors];
            _low.CopyTo(all);
            _high.CopyTo(all[Lanes..]);
            all[(MostInVectors - _keys.Length)..].CopyTo(_keys);
        }
        int found = 0;
        for (; found < _keys.Length && _keys[found] != None; found++)
        {
            indices[found] = (int)_keys[found];
            squaredDistances[found] = BitConverter.UInt32BitsToSingle((uint)(_keys[found] >> 32));
        }
        indices[found..].Fill(-1);
        squaredDistances[found..].Fill(float.PositiveInfinity);
        return found;
    }

    private readonly void Insert(ulong key)
    {
        ref ulong first = ref MemoryMarshal.GetReference(_keys);
        nint at = _keys.Length - 1;
        if (key >= Unsafe.Add(ref first, at))
            return;
        for (; at > 0 && Unsafe.Add(ref first, at - 1) > key; at--)
            Unsafe.Add(ref first, at) = Unsafe.Add(ref first, at - 1);
        Unsafe.Add(ref first, at) = key;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(float squaredDistance, int index) => (ulong)BitConverter.SingleToUInt32Bits(squaredDistance) << 32 | (uint)index;
}
