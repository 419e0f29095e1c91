using System.Globalization;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>The ways of running a network that are compared: every combination of the lists.</summary>
public sealed record InferenceGrid
{
    /// <summary>The most of anything: more would only wait for each other.</summary>
    public const int Most = 1024;

    /// <summary>Execution providers. Default: the processor.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [ExecutionProvider.Cpu];

    /// <summary>Threads within a session run; null for one and all cores.</summary>
    public IReadOnlyList<int>? Threads { get; init; }

    /// <summary>Sessions side by side; null for one and as many as there are cores.</summary>
    public IReadOnlyList<int>? Sessions { get; init; }

    /// <summary>Blocks per session run. Default: 1 and 4.</summary>
    public IReadOnlyList<int> Batches { get; init; } = [1, 4];

    /// <summary>
    /// The combinations, in the order of the lists, providers outermost. Where neither threads nor sessions were asked for, those that
    /// want more cores than there are are left out.
    /// </summary>
    /// <param name="cores">Of this machine.</param>
    public IReadOnlyList<InferenceSetup> Setups(int cores)
    {
        bool isChosen = Threads is not null || Sessions is not null;
        int[] some = cores > 1 ? [1, cores] : [1];
        return
        [
            .. from provider in Providers
               from threads in Threads ?? (Sessions is null ? some : [1])
               from sessions in Sessions ?? (Threads is null ? some : [1])
               where isChosen || threads * sessions <= cores
               from batch in Batches
               select new InferenceSetup(provider, threads, sessions, batch),
        ];
    }

    /// <summary>Reads a list of numbers such as <c>1,2,4</c>; each is kept once.</summary>
    /// <param name="option">What to call the list in an error.</param>
    /// <param name="text">Numbers from 1 to <see cref="Most"/> with commas between them.</param>
    /// <exception cref="FormatException">It is no such list.</exception>
    public static IReadOnlyList<int> Numbers(string option, string text) =>
        [.. Split(text).Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= Most
            ? number
            : throw new FormatException($"{option}: found '{part}' in '{text}'; expected whole numbers from 1 to {Most} with commas between them, such as 1,2")).Distinct()];

    /// <summary>Reads a list of words such as <c>cuda,cpu</c>; each is kept once.</summary>
    /// <param name="option">What to call the list in an error.</param>
    /// <param name="text">Words with commas between them.</param>
    /// <param name="known">The words that there are.</param>
    /// <exception cref="FormatException">A word is none of those known.</exception>
    public static IReadOnlyList<string> Names(string option, string text, IReadOnlyCollection<string> known) =>
        [.. Split(text).Select(part => known.Contains(part)
            ? part
            : throw new FormatException($"{option}: found '{part}' in '{text}'; expected {string.Join(", ", known)}, with commas between them")).Distinct()];

    private static IEnumerable<string> Split(string text) => text.Split(',', StringSplitOptions.TrimEntries);
}
