using System.Globalization;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// A share of a run's inputs, for several processes or machines on one output folder: <c>2/4</c> is the second of four. Shares are
/// balanced by bytes and depend on nothing but the inputs' relative paths and sizes: shards that see the same inputs take each
/// exactly once. Where a file comes or changes between their starts, shares may differ: it may be taken twice or not at all until the next run.
/// </summary>
/// <param name="Number">Which share, 1 to <paramref name="Count"/>.</param>
/// <param name="Count">Of how many.</param>
public sealed record RunShard(int Number, int Count)
{
    private const int MostShards = 10_000;

    /// <summary>Reads <c>I/N</c>.</summary>
    /// <exception cref="ConfigurationException">It is not two whole numbers with 1 ≤ I ≤ N ≤ 10,000.</exception>
    public static RunShard Parse(string text)
    {
        string[] parts = text.Split('/');
        return parts.Length == 2 && Whole(parts[0], out int number) && Whole(parts[1], out int count) && number <= count && count <= MostShards
            ? new(number, count)
            : throw new ConfigurationException($"--shard {text}: expected I/N with 1 <= I <= N <= {MostShards}, for example 2/4");
    }

    /// <summary>The inputs of this share, in the order given; may be empty.</summary>
    /// <param name="inputs">All inputs of the run, in any order.</param>
    public IReadOnlyList<SegmentationInput> Of(IReadOnlyList<SegmentationInput> inputs)
    {
        // Largest first, each to the share that has least: never more than a third above the best balance.
        long[] bytes = new long[Count];
        HashSet<string> mine = new(StringComparer.Ordinal);
        foreach (SegmentationInput input in inputs.OrderByDescending(input => input.Bytes).ThenBy(input => input.RelativePath, StringComparer.Ordinal))
        {
            int least = Array.IndexOf(bytes, bytes.Min());
            bytes[least] += input.Bytes + 1;
            if (least == Number - 1) mine.Add(input.RelativePath);
        }

        return [.. inputs.Where(input => mine.Contains(input.RelativePath))];
    }

    /// <summary>The share as part of a file name: <c>2-of-4</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}-of-{Count}");

    private static bool Whole(string text, out int value) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0;
}
