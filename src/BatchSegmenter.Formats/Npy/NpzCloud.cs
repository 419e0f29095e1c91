namespace BatchSegmenter.Formats.Npy;

/// <summary>Tells which array of an NPZ archive is the cloud.</summary>
internal static class NpzCloud
{
    private static readonly string[] Names = ["points", "xyz", "data", "arr_0"];

    /// <summary>
    /// The member to read: the first of <c>points</c>, <c>xyz</c>, <c>data</c> and <c>arr_0</c> that has the shape of a cloud, else the one
    /// with such a shape and the most points (the first of equals). A cloud has points × 3 to 7 values, or one axis of records.
    /// </summary>
    /// <param name="members">Names, with or without <c>.npy</c>, and shapes.</param>
    /// <returns>Its name as given; null where no member can be a cloud.</returns>
    public static string? Choose(IReadOnlyList<(string Name, long[] Shape)> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        (string Name, long[] Shape)[] clouds = [.. members.Where(member => member.Shape is [_, >= 3 and <= 7])];
        foreach (string name in Names)
            foreach ((string member, long[] shape) in members)
                if (string.Equals(Path.GetFileNameWithoutExtension(member), name, StringComparison.OrdinalIgnoreCase) && shape is ([_] or [_, >= 3 and <= 7])) return member;
        return clouds.Length == 0 ? null : clouds.MaxBy(member => member.Shape[0]).Name;
    }
}
