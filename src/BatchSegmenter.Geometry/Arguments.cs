using System.Runtime.CompilerServices;

namespace BatchSegmenter.Geometry;

/// <summary>The checks that every kernel starts with, worded once.</summary>
internal static class Arguments
{
    public static void SameLength<T>(
        ReadOnlySpan<T> x, ReadOnlySpan<T> y, ReadOnlySpan<T> z, [CallerArgumentExpression(nameof(y))] string name = "y")
    {
        if (y.Length != x.Length || z.Length != x.Length)
            throw new ArgumentException($"The coordinate spans differ in length: x {x.Length}, y {y.Length}, z {z.Length}.", name);
    }

    public static void Length(int found, long expected, string name)
    {
        if (found != expected)
            throw new ArgumentException($"{name} has length {found}; expected {expected}.", name);
    }
}
