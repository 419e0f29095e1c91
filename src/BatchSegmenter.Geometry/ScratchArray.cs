using System.Buffers;
using System.Runtime.CompilerServices;

namespace BatchSegmenter.Geometry;

/// <summary>
/// Arrays for the time of a call. Small ones come from the shared pool; large ones do not, since it would keep them for minutes, rounded up
/// to powers of two, one for each thread: of a tile of millions of points that is as much again as the tile.
/// </summary>
internal static class ScratchArray
{
    private const int LargestPooled = 1 << 20; // bytes

    /// <summary>An array of at least <paramref name="length"/> elements of any value.</summary>
    public static T[] Rent<T>(int length)
        where T : unmanaged => IsPooled<T>(length) ? ArrayPool<T>.Shared.Rent(length) : GC.AllocateUninitializedArray<T>(length);

    /// <summary>Gives an array back, which must not be used any more.</summary>
    public static void Return<T>(T[] array)
        where T : unmanaged
    {
        if (IsPooled<T>(array.Length)) ArrayPool<T>.Shared.Return(array);
    }

    private static bool IsPooled<T>(int length)
        where T : unmanaged => (long)length * Unsafe.SizeOf<T>() <= LargestPooled;
}
