using System.CommandLine;
using System.Globalization;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Pipeline.Evaluation;

namespace BatchSegmenter.Commands.Model;

/// <summary>What a user asked <c>model bench</c> for.</summary>
internal sealed record ModelBenchChoice
{
    public required IReadOnlyList<string> Bundles { get; init; }

    public required InferenceGrid Grid { get; init; }

    /// <summary>Empty for whatever the bundles compute in.</summary>
    public required IReadOnlyList<string> Precisions { get; init; }

    public required BenchmarkPlan Plan { get; init; }

    public required string? BlocksFile { get; init; }

    public required int? Points { get; init; }

    public required int Seed { get; init; }

    public required IReadOnlyList<string> Data { get; init; }

    public required IReadOnlyDictionary<byte, byte> Map { get; init; }

    public required IReadOnlyCollection<byte> Ignore { get; init; }

    public required string? Chart { get; init; }

    public required bool Json { get; init; }

    /// <summary>Whether blocks and ways are those of the program's own runs.</summary>
    public bool IsOfRuns => BlocksFile is null && Points is null && Grid is { Threads: null, Sessions: null };

    /// <summary>The bundles that compute in what was asked for.</summary>
    /// <exception cref="FormatException">No bundle computes in one of the precisions.</exception>
    public List<ModelBundle> WithPrecisions(List<ModelBundle> bundles)
    {
        if (Precisions.Count == 0) return bundles;
        foreach (string precision in Precisions)
            if (!bundles.Any(bundle => NetworkPrecision.Of(bundle.Graph) == precision))
                throw new FormatException(
                    $"--precisions: no bundle computes in {precision}: {string.Join(", ", bundles.Select(bundle => $"{bundle.Folder} is {NetworkPrecision.Of(bundle.Graph)}"))}; name a bundle that was made for it");
        return [.. bundles.Where(bundle => Precisions.Contains(NetworkPrecision.Of(bundle.Graph)))];
    }
}

/// <summary>The options of <c>model bench</c>.</summary>
internal sealed class ModelBenchSettings
{
    private const string Auto = "auto";
    private const double MostSeconds = 3600;
    private const int MostReps = 1_000_000, MostPoints = 1_000_000;

    private readonly Argument<string[]> _bundles = new("BUNDLE") { Description = "The model bundles to compare.", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _providers = List("--providers", "Execution providers: tensorrt, cuda, cpu.", ExecutionProvider.Cpu);
    private readonly Option<string> _precisions = List("--precisions", "Of the bundles, take those that compute in this: fp32, fp16, int8; auto takes all.", Auto);
    private readonly Option<string?> _threads = new("--threads") { Description = "Threads within a session run. Default: 1 and all cores.", HelpName = "N,…" };
    private readonly Option<string?> _sessions = new("--sessions") { Description = "Sessions side by side. Default: 1 and as many as there are cores.", HelpName = "N,…" };
    private readonly Option<string> _batches = List("--batches", "Blocks per session run.", "1,4");
    private readonly Option<string?> _points = new("--points") { Description = "Points of a block. Default: as the bundle says.", HelpName = "N" };
    private readonly Option<string?> _blocks = new("--blocks") { Description = "An .npz file with blocks (points, scores) to run on, instead of those of a simulated survey.", HelpName = "FILE" };
    private readonly Option<string> _seconds = new("--seconds") { Description = "Seconds that each stage of each way is run, over all rounds.", HelpName = "S", DefaultValueFactory = _ => "2" };
    private readonly Option<string?> _reps = new("--reps") { Description = "Runs of each session in each round instead.", HelpName = "N" };
    private readonly Option<string> _warmUp = new("--warm-up") { Description = "Runs of each session before that do not count.", HelpName = "N", DefaultValueFactory = _ => "3" };
    private readonly Option<string> _rounds = new("--rounds") { Description = "Times that the whole grid is gone through, so that a disturbance falls on every way alike.", HelpName = "N", DefaultValueFactory = _ => "3" };
    private readonly Option<string> _seed = new("--seed") { Description = "Seed of the simulated survey.", HelpName = "N", DefaultValueFactory = _ => "1" };
    private readonly Option<bool> _peak = new("--peak") { Description = "Measure matrix products of the network's own shapes, and a square one, and tell which share of their speed the network reaches." };
    private readonly Option<string[]> _data = new("--data") { Description = "Labelled LAS or LAZ files, or folders of them, to tell the accuracy on.", HelpName = "FILE", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string[]> _map = new("--map") { Description = "As in evaluate: read a class as another, on both sides.", HelpName = "CLASS=CLASS", AllowMultipleArgumentsPerToken = true };
    private readonly Option<byte[]> _ignore = new("--ignore") { Description = "As in evaluate: leave out points whose true class is this.", HelpName = "CODE", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [.. EvaluationOptions.DefaultIgnore] };
    private readonly Option<string?> _chart = new("--chart") { Description = "Draw the throughputs, as .png or .svg.", HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object." };

    public void AddTo(Command command)
    {
        command.Add(_bundles);
        foreach (Option option in (ReadOnlySpan<Option>)[_providers, _precisions, _threads, _sessions, _batches, _points, _blocks, _seconds, _reps, _warmUp, _rounds, _seed, _peak, _data, _map, _ignore, _chart, _json])
            command.Add(option);
    }

    /// <exception cref="FormatException">A value is none that is expected.</exception>
    /// <exception cref="FileNotFoundException">A file that is to be read is not there.</exception>
    public ModelBenchChoice Read(ParseResult parsed)
    {
        int rounds = Number(_rounds.Name, parsed.GetValue(_rounds), 1, InferenceGrid.Most)!.Value;
        return new ModelBenchChoice
        {
            Bundles = parsed.GetRequiredValue(_bundles),
            Grid = new InferenceGrid
            {
                Providers = InferenceGrid.Names(_providers.Name, parsed.GetRequiredValue(_providers), [.. ExecutionProvider.Names]),
                Threads = parsed.GetValue(_threads) is { } threads ? InferenceGrid.Numbers(_threads.Name, threads) : null,
                Sessions = parsed.GetValue(_sessions) is { } sessions ? InferenceGrid.Numbers(_sessions.Name, sessions) : null,
                Batches = InferenceGrid.Numbers(_batches.Name, parsed.GetRequiredValue(_batches)),
            },
            Precisions = parsed.GetRequiredValue(_precisions) == Auto ? [] : InferenceGrid.Names(_precisions.Name, parsed.GetRequiredValue(_precisions), [.. NetworkPrecision.Names]),
            Plan = new BenchmarkPlan
            {
                Load = new LoadPlan(
                    TimeSpan.FromSeconds(Seconds(parsed.GetRequiredValue(_seconds)) / rounds), Number(_reps.Name, parsed.GetValue(_reps), 1, MostReps),
                    Number(_warmUp.Name, parsed.GetValue(_warmUp), 0, InferenceGrid.Most)!.Value),
                Rounds = rounds,
                Peak = parsed.GetValue(_peak),
            },
            BlocksFile = Blocks(parsed.GetValue(_blocks), parsed.GetValue(_points)),
            Points = Number(_points.Name, parsed.GetValue(_points), 1, MostPoints),
            Seed = Number(_seed.Name, parsed.GetValue(_seed), 0, int.MaxValue - InferenceGrid.Most)!.Value,
            Data = [.. (parsed.GetValue(_data) ?? []).Select(Existing)],
            Map = new Dictionary<byte, byte>((parsed.GetValue(_map) ?? []).Select(EvaluationOptions.ParseMapping).DistinctBy(pair => pair.Key)),
            Ignore = parsed.GetValue(_ignore)!,
            Chart = Chart(parsed.GetValue(_chart)),
            Json = parsed.GetValue(_json),
        };
    }

    private static Option<string> List(string name, string description, string fallback) => new(name) { Description = description, HelpName = "A,B,…", DefaultValueFactory = _ => fallback };

    private static int? Number(string option, string? text, int least, int most) =>
        text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most ? number
        : throw new FormatException($"{option}: found '{text}'; expected a whole number from {least} to {most}");

    private static double Seconds(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds is > 0 and <= MostSeconds
            ? seconds
            : throw new FormatException($"--seconds: found '{text}'; expected a number above 0 and up to {MostSeconds}");

    private static string? Blocks(string? file, string? points)
    {
        if (file is null) return null;
        if (points is not null) throw new FormatException($"--points: found {points} beside --blocks; the file tells how many points its blocks have, leave one of the two out");
        return File.Exists(file) ? file : throw new FileNotFoundException($"{file}: there is no such file; --blocks expects an .npz file");
    }

    private static string Existing(string path) =>
        File.Exists(path) || Directory.Exists(path) ? Path.GetFullPath(path) : throw new FileNotFoundException($"{path}: there is no such file or folder; --data expects labelled LAS or LAZ files");

    private static string? Chart(string? file) =>
        file is null || Path.GetExtension(file).ToLowerInvariant() is ".png" or ".svg" ? file : throw new FormatException($"--chart: found '{file}'; expected a name that ends in .png or .svg");
}
