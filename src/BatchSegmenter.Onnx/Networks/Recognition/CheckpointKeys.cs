using System.Globalization;

namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>Where a layer's tensors are expected.</summary>
/// <param name="Linear">Prefix of the linear layer.</param>
/// <param name="Norm">Prefix of the batch norm; null without.</param>
/// <param name="Bias">Whether the linear layer has a bias.</param>
internal readonly record struct LayerKeys(string Linear, string? Norm, bool Bias);

/// <summary>The keys and shapes of a checkpoint, ticked off as layers are found in them.</summary>
internal sealed class CheckpointKeys(string path, IReadOnlyDictionary<string, IReadOnlyList<long>> shapes)
{
    private const string Ignored = ".num_batches_tracked";

    private readonly Dictionary<string, LayerTensors> _layers = [];
    private readonly HashSet<string> _used = [];

    /// <summary>The file.</summary>
    public string Path => path;

    /// <summary>The layers found so far, by canonical name.</summary>
    public IReadOnlyDictionary<string, LayerTensors> Layers => _layers;

    /// <summary>Keys that mean nothing for inference.</summary>
    public IEnumerable<string> Meaningless => shapes.Keys.Where(key => key.EndsWith(Ignored, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    /// <summary>Keys that no layer has taken.</summary>
    public IEnumerable<string> Left => shapes.Keys.Where(key => !_used.Contains(key) && !key.EndsWith(Ignored, StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    /// <summary>Whether a key begins with the prefix.</summary>
    public bool Any(string prefix) => shapes.Keys.Any(key => key.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Whether there is this key.</summary>
    public bool Has(string key) => shapes.ContainsKey(key);

    /// <summary>The numbers of at most four digits that stand between the prefix and a point, each once, ascending.</summary>
    public int[] Numbers(string prefix)
    {
        SortedSet<int> numbers = [];
        foreach (string key in shapes.Keys)
        {
            if (!key.StartsWith(prefix, StringComparison.Ordinal)) continue;
            ReadOnlySpan<char> rest = key.AsSpan(prefix.Length);
            int end = rest.IndexOf('.');
            if (end is > 0 and <= 4 && int.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int number)) numbers.Add(number);
        }
        return [.. numbers];
    }

    /// <summary>The highest of the <see cref="Numbers"/>, or <paramref name="none"/>.</summary>
    public int Highest(string prefix, int none) => Numbers(prefix) is [.., int highest] ? highest : none;

    /// <summary>How many numbers from 0 stand between the prefix and a point.</summary>
    public int Count(string prefix) => Highest(prefix, none: -1) + 1;

    /// <summary>Takes a layer's tensors.</summary>
    /// <param name="name">Canonical name.</param>
    /// <param name="keys">Where its tensors are expected.</param>
    /// <param name="inputs">Channels that reach it, where that is known already.</param>
    /// <param name="outputs">Channels that must leave it, where that is known already.</param>
    /// <returns>The channels in and out.</returns>
    /// <exception cref="InvalidCheckpointException">A tensor is missing or of another shape; names it, what was found and what was expected.</exception>
    public (int Inputs, int Outputs) Layer(string name, LayerKeys keys, int? inputs = null, int? outputs = null)
    {
        string weight = $"{keys.Linear}.weight";
        IReadOnlyList<long> shape = Take(weight, $"[{Text(outputs, "outputs")}, {Text(inputs, "inputs")}, …]");
        bool matrix = IsMatrix(shape);
        if (!matrix || inputs is int i && shape[1] != i || outputs is int o && shape[0] != o)
        {
            // A rank that is wrong altogether is answered with a matrix; otherwise only the extents are.
            string ones = matrix ? string.Concat(Enumerable.Repeat(", 1", shape.Count - 2)) : "";
            string expected = $"[{Text(outputs, matrix ? $"{shape[0]}" : "outputs")}, {Text(inputs, matrix ? $"{shape[1]}" : "inputs")}{ones}]";
            throw new InvalidCheckpointException(path, $"tensor {weight} is {Text(shape)}; expected {expected}, from the layers around {name}");
        }

        (int inputCount, int outputCount) = ((int)shape[1], (int)shape[0]);
        if (keys.Bias) Channels($"{keys.Linear}.bias", outputCount);
        if (keys.Norm is string norm)
            foreach (string part in (ReadOnlySpan<string>)["weight", "bias", "running_mean", "running_var"]) Channels($"{norm}.{part}", outputCount);
        _layers.Add(name, new LayerTensors(keys.Linear, keys.Norm));
        return (inputCount, outputCount);
    }

    /// <summary>The channels in and out of a linear weight, without taking it.</summary>
    /// <exception cref="InvalidCheckpointException">It is missing or no matrix.</exception>
    public (int Inputs, int Outputs) Peek(string weight) => !shapes.TryGetValue(weight, out IReadOnlyList<long>? shape)
        ? throw new InvalidCheckpointException(path, $"tensor {weight} is missing; expected [outputs, inputs, …]")
        : IsMatrix(shape) ? ((int)shape[1], (int)shape[0]) : throw new InvalidCheckpointException(path, $"tensor {weight} is {Text(shape)}; expected [outputs, inputs]");

    /// <summary>Takes layers of which each feeds the next.</summary>
    /// <param name="name">Canonical name without the number.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="keys">Where the tensors of each are expected.</param>
    /// <param name="inputs">Channels that reach the first, where that is known already.</param>
    /// <returns>The channels that reach the first, and the widths of all.</returns>
    /// <exception cref="InvalidCheckpointException">As <see cref="Layer"/>.</exception>
    public (int Inputs, int[] Widths) Chain(string name, int count, Func<int, LayerKeys> keys, int? inputs = null)
    {
        int first = 0;
        int? reaching = inputs;
        List<int> widths = [];
        for (int i = 0; i < Math.Max(count, 1); i++)
        {
            (int found, int width) = Layer($"{name}.{i}", keys(i), reaching);
            if (i == 0) first = found;
            reaching = width;
            widths.Add(width);
        }
        return (first, [.. widths]);
    }

    /// <summary>Whether the finer level's own channels stand before the interpolated ones of a propagation step.</summary>
    /// <param name="tensor">The step's first weight, for the error.</param>
    /// <param name="inputs">Channels that it takes.</param>
    /// <param name="coarse">Channels that are interpolated.</param>
    /// <param name="finer">Channels of the finer level.</param>
    /// <exception cref="InvalidCheckpointException">The channels are neither of the two.</exception>
    public bool Skips(string tensor, int inputs, int coarse, int finer) => inputs == coarse + finer
        ? finer > 0
        : inputs == coarse
            ? false
            : throw new InvalidCheckpointException(path, $"tensor {tensor} takes {inputs} channels; expected {coarse + finer}, the {finer} of the finer level and the {coarse} interpolated ones, or {coarse} alone");

    private void Channels(string key, int channels)
    {
        IReadOnlyList<long> shape = Take(key, $"[{channels}]");
        if (shape.Count != 1 || shape[0] != channels) throw new InvalidCheckpointException(path, $"tensor {key} is {Text(shape)}; expected [{channels}]");
    }

    private IReadOnlyList<long> Take(string key, string expected)
    {
        if (!shapes.TryGetValue(key, out IReadOnlyList<long>? shape)) throw new InvalidCheckpointException(path, $"tensor {key} is missing; expected {expected}");
        _used.Add(key);
        return shape;
    }

    /// <summary>Whether it is [outputs, inputs] with or without trailing extents of 1.</summary>
    private static bool IsMatrix(IReadOnlyList<long> shape) =>
        shape.Count is >= 2 and <= 4 && shape.Skip(2).All(extent => extent == 1) && shape[0] is >= 1 and <= 65536 && shape[1] is >= 1 and <= 65536;

    private static string Text(int? known, string unknown) => known?.ToString(CultureInfo.InvariantCulture) ?? unknown;

    private static string Text(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}
