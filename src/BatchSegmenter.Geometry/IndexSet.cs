using System.Buffers;
using System.Numerics;

namespace BatchSegmenter.Geometry;

/// <summary>A set of indices that gives them back in ascending order: a bit per index and a bit per word in use.</summary>
internal sealed class IndexSet : IDisposable
{
    private readonly ulong[] _bits, _used;
    private readonly int _usedLength;

    public IndexSet(int capacity)
    {
        int words = capacity / 64 + 1;
        _usedLength = words / 64 + 1;
        _bits = ArrayPool<ulong>.Shared.Rent(words);
        _used = ArrayPool<ulong>.Shared.Rent(_usedLength);
        _bits.AsSpan(0, words).Clear();
        _used.AsSpan(0, _usedLength).Clear();
    }

    public void Add(int index)
    {
        _bits[index >> 6] |= 1UL << index;
        _used[index >> 12] |= 1UL << (index >> 6);
    }

    /// <summary>Writes the lowest indices until the output is full, empties the set, and returns how many were written.</summary>
    public int Take(Span<int> lowest)
    {
        int count = 0;
        for (int group = 0; group < _usedLength; group++)
        {
            for (ulong used = _used[group]; used != 0; used &= used - 1)
            {
                int word = group * 64 + BitOperations.TrailingZeroCount(used);
                for (ulong bits = _bits[word]; bits != 0 && count < lowest.Length; bits &= bits - 1)
                    lowest[count++] = word * 64 + BitOperations.TrailingZeroCount(bits);
                _bits[word] = 0;
            }
            _used[group] = 0;
        }
        return count;
    }

    public void Dispose()
    {
        ArrayPool<ulong>.Shared.Return(_bits);
        ArrayPool<ulong>.Shared.Return(_used);
    }
}
