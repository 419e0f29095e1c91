using System.Text.Json;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Text;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Options;

/// <summary>
/// Reads a pipeline file into <see cref="SegmentationOptions"/>. Comments and trailing commas are allowed; unknown keys,
/// values of the wrong type and features that do not exist yet are errors, all reported in one go with key and line.
/// </summary>
public static class PipelineFile
{
    /// <summary>Reads <paramref name="path"/> and lets the command line override it.</summary>
    /// <param name="path">The pipeline file, relative to the working directory.</param>
    /// <param name="overrides">What the command line gave, or null.</param>
    /// <exception cref="ConfigurationException">The file is missing, is not JSON, or has faults; the message has a line for each.</exception>
    public static SegmentationOptions Load(string path, PipelineOverrides? overrides = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        byte[] bytes = ReadBytes(path);
        PipelineValue root = PipelineValue.Parse(bytes, path);
        if (root.Kind != JsonValueKind.Object) throw new ConfigurationException($"{path} (line {root.Line}): found {root}; expected an object");

        var reading = new PipelineReading(path, Path.GetDirectoryName(Path.GetFullPath(path))!);
        (overrides ?? new()).ApplyTo(root, reading);
        SecretRefusal.Check(root, bytes, path);
        SegmentationOptions options = Read(new(root, "", reading), Path.GetFileNameWithoutExtension(path), reading);
        return reading.Faults.Count == 0
            ? options with { InputsFromCommandLine = overrides is { Inputs.Count: > 0 } }
            : throw new ConfigurationException(reading.Faults);
    }

    /// <summary>Every key that a pipeline file may have, as dotted paths; the schema that is shipped must say the same.</summary>
    internal static IReadOnlyList<string> Keys()
    {
        var reading = new PipelineReading("", Environment.CurrentDirectory);
        Read(new(null, "", reading), "", reading);
        return reading.Keys;
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            string problem = Directory.Exists(path) ? "is a folder; expected a pipeline file (JSON)"
                : File.Exists(path) ? $"cannot be read: {fault.Message}"
                : "no such pipeline file";
            throw new ConfigurationException($"{path}: {problem}", fault);
        }
    }

    private static SegmentationOptions Read(PipelineSection root, string name, PipelineReading reading)
    {
        root.Text("$schema");
        var options = new SegmentationOptions
        {
            Name = root.Text("name") ?? name,
            Inputs = root.FilePaths("inputs", remote: true),
            Model = root.FilePath("model", "the path of a model bundle's folder", remote: true) ?? "",
            Output = root.FilePath("output", "the path of a folder", remote: true) ?? "",
            Write = ReadWrite(root.Section("write")),
            Classes = ReadClasses(root.Section("classes")),
            Tiles = ReadTiles(root.Section("tiles")),
            Inference = ReadInference(root.Section("inference")),
            Limits = ReadLimits(root.Section("limits")),
            Faults = ReadFaults(root.Section("faults")),
            Trust = ReadTrust(root.Section("trust")),
            Text = ReadText(root.Section("text")),
        };
        root.Close();

        root.Require("inputs", "a list of files, folders or globs", options.Inputs.Count);
        root.Require("model", "the path of a model bundle's folder");
        root.Require("output", "the path of a folder");
        if (options.Write is { Points: null, Las: null }) root.Fault("write", "nothing is left to write; switch points or las on");
        return options;
    }

    private static WriteOptions ReadWrite(PipelineSection write)
    {
        (PipelineSection points, bool writePoints) = write.SwitchedSection("points", onByDefault: true);
        var pointOptions = new PointOutputOptions
        {
            Format = points.Choice("format", "parquet", ["parquet"]),
            Columns = points.List("columns", $"a list of {string.Join(", ", AttributeColumn.Names)}",
                item => item.Kind == JsonValueKind.String && AttributeColumn.Names.Contains(item.Text) ? item.Text : null).Distinct().ToList(),
            Probabilities = points.Flag("probabilities"),
            Entropy = points.Flag("entropy"),
        };
        points.Close();

        (PipelineSection las, bool writeLas) = write.SwitchedSection("las", onByDefault: false);
        var lasOptions = new LasOutputOptions
        {
            Format = las.Choice("format", "las", ["las", "laz"]),
            Confidence = las.Flag("confidence"),
        };
        las.Close();
        write.Close();
        return new() { Points = writePoints ? pointOptions : null, Las = writeLas ? lasOptions : null };
    }

    private static ClassOptions ReadClasses(PipelineSection classes)
    {
        const string Codes = "a list of class codes from 0 to 255";
        const int Withheld = -1;
        IReadOnlyList<int?> exclude = classes.List<int?>("exclude", $"{Codes} and \"withheld\"",
            item => item is { Kind: JsonValueKind.String, Text: "withheld" } ? Withheld : ClassCode(item), [7, 18, Withheld]);
        var options = new ClassOptions
        {
            Keep = classes.List("keep", Codes, ClassCode).Select(code => code!.Value).Distinct().ToList(),
            Exclude = exclude.Where(code => code != Withheld).Select(code => code!.Value).Distinct().ToList(),
            ExcludeWithheld = exclude.Contains(Withheld),
            MinConfidence = classes.Number("minConfidence", 0, 0, 1, "a number from 0 to 1"),
        };
        classes.Close();
        return options;
    }

    private static int? ClassCode(PipelineValue item) => item.Kind == JsonValueKind.Number && byte.TryParse(item.Text, out byte code) ? code : null;

    private static TileOptions ReadTiles(PipelineSection tiles)
    {
        var options = new TileOptions
        {
            Edge = tiles.LengthOrAuto("edge", zeroAllowed: false),
            Halo = tiles.LengthOrAuto("halo", zeroAllowed: true),
            AcrossFiles = tiles.Flag("acrossFiles"),
        };
        tiles.Close();
        return options;
    }

    private static InferenceOptions ReadInference(PipelineSection inference)
    {
        var later = new Dictionary<string, string> { ["bf16"] = "found \"bf16\"; that arithmetic does not exist yet, use \"auto\", \"fp32\", \"fp16\" or \"int8\"" };
        var options = new InferenceOptions
        {
            Providers = inference.List("providers", "a list of \"tensorrt\", \"cuda\", \"cpu\"",
                item => item is { Kind: JsonValueKind.String, Text: "tensorrt" or "cuda" or "cpu" } ? item.Text : null, ["cpu"]),
            Precision = inference.Choice("precision", "auto", ["auto", "fp32", "fp16", "int8"], later),
            Sessions = inference.CountOr("auto", "sessions", 1, InferenceGrid.Most),
            Threads = inference.CountOr("auto", "threads", 1, InferenceGrid.Most),
            BlocksPerBatch = inference.CountOr("auto", "blocksPerBatch", 1, InferenceGrid.Most),
            Devices = inference.CountOrList("device", [0], 0, 1023, "the number of an accelerator, from 0, or a list of them such as [0, 1]"),
            DeviceMemory = inference.Parsed<long>("deviceMemory", "bytes such as \"8GiB\", or \"auto\"", Quantity.ParseBytes) is > 0 and long bytes ? bytes : null,
        };
        if (options.Providers.Count == 0) inference.Fault("providers", "the list is empty; expected at least \"cpu\"");
        inference.Close();
        return options;
    }

    private static LimitOptions ReadLimits(PipelineSection limits)
    {
        var options = new LimitOptions
        {
            Memory = limits.Parsed<long>("memory", "bytes such as \"2GiB\" or \"800MB\", or \"auto\"", Quantity.ParseBytes) is > 0 and long bytes ? bytes : null,
            Cores = limits.CountOr("all", "cores", 1),
            MaxFailures = limits.Parsed<FailureLimit>("maxFailures", FailureLimit.Expected, FailureLimit.Parse) ?? FailureLimit.Unlimited,
            Scratch = limits.FilePath("scratch"),
        };
        limits.Close();
        return options;
    }

    private static FaultOptions ReadFaults(PipelineSection faults)
    {
        var otherwise = new FaultOptions();
        var options = new FaultOptions
        {
            Attempts = faults.Count("attempts", otherwise.Attempts, 1, 100),
            Timeout = faults.Parsed("timeout", "a time such as \"90s\", \"30m\" or \"2h\"", Quantity.ParseTime) ?? otherwise.Timeout,
            OnCorruptChunk = faults.Choice("onCorruptChunk", "refuse", ["refuse", "skip"]) == "skip" ? CorruptChunks.Skip : CorruptChunks.Refuse,
        };
        faults.Close();
        return options;
    }

    private static TextLayout? ReadText(PipelineSection text)
    {
        IReadOnlyList<string> columns = text.List("columns", "a list of column names", item => item.Kind == JsonValueKind.String ? item.Text : null);
        string separator = text.Choice("separator", "auto", ["auto", "comma", "semicolon", "tab", "space", "bar", "colon"]);
        int? skipLines = text.CountOr("auto", "skipLines", 0);
        text.Close();
        if (!text.Exists) return null;
        try
        {
            return new TextLayout
            {
                Columns = columns.Count == 0 ? null : columns,
                Separator = separator switch { "comma" => ',', "semicolon" => ';', "tab" => '\t', "space" => ' ', "bar" => '|', "colon" => ':', _ => null },
                SkipLines = skipLines,
            };
        }
        catch (ArgumentException fault)
        {
            text.Fault("columns", fault.Message.Split(" (Parameter", 2)[0]);
            return null;
        }
    }

    private static TrustOptions ReadTrust(PipelineSection trust)
    {
        var options = new TrustOptions
        {
            RequireSignature = trust.Flag("requireSignature"),
            Keys = trust.FilePaths("keys"),
        };
        if (options.RequireSignature && options.Keys.Count == 0)
            trust.Fault("requireSignature", "a signature is required, but anybody can sign; list the accepted certificates in trust.keys");
        trust.Close();
        return options;
    }
}
