using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Text;
using BatchSegmenter.Pipeline.Options;

namespace BatchSegmenter.Pipeline;

/// <summary>
/// Everything that a run was asked to do, as the pipeline file and the command line say it. Immutable; the defaults
/// stand at the properties. Made by <see cref="PipelineFile.Load"/>. Null stands for "auto" where nothing else is said.
/// </summary>
public sealed record SegmentationOptions
{
    /// <summary>The pipeline's name in reports; by default the file's name without extension.</summary>
    public string Name { get; init; } = "";

    /// <summary>Full paths of files, folders and globs, or addresses of blob stores (<see cref="Storage.StoreAddress"/>), in the order given; never empty.</summary>
    public required IReadOnlyList<string> Inputs { get; init; }

    /// <summary>Whether <see cref="Inputs"/> came from <c>--input</c>: then a folder or glob without a match is an error.</summary>
    public bool InputsFromCommandLine { get; init; }

    /// <summary>Full path of the model bundle's folder, or its address in a blob store.</summary>
    public required string Model { get; init; }

    /// <summary>Full path of the output folder, which need not exist, or the address of a container or prefix.</summary>
    public required string Output { get; init; }

    /// <summary>The files to write.</summary>
    public WriteOptions Write { get; init; } = new();

    /// <summary>Source classes that are kept or hidden, and when to abstain.</summary>
    public ClassOptions Classes { get; init; } = new();

    /// <summary>The size of the squares in which a survey is processed.</summary>
    public TileOptions Tiles { get; init; } = new();

    /// <summary>How the network is run.</summary>
    public InferenceOptions Inference { get; init; } = new();

    /// <summary>What the run may use.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>What happens when something fails.</summary>
    public FaultOptions Faults { get; init; } = new();

    /// <summary>Which models are trusted.</summary>
    public TrustOptions Trust { get; init; } = new();

    /// <summary>How inputs that are text are to be read; null detects it for each.</summary>
    public TextLayout? Text { get; init; }

    /// <summary>How inputs are read.</summary>
    internal PointReadOptions Reading => new() { CorruptChunks = Faults.OnCorruptChunk, Text = Text };
}

/// <summary>The files that a run writes.</summary>
public sealed record WriteOptions
{
    /// <summary>The Parquet dataset, or null for none.</summary>
    public PointOutputOptions? Points { get; init; } = new();

    /// <summary>The labelled LAS or LAZ files, or null for none (the default).</summary>
    public LasOutputOptions? Las { get; init; }
}

/// <summary>The Parquet dataset of labelled points.</summary>
public sealed record PointOutputOptions
{
    /// <summary>The format: <c>parquet</c>.</summary>
    public string Format { get; init; } = "parquet";

    /// <summary>Source attributes to carry over, by their LAS names in snake case; see <see cref="Writers.AttributeColumn"/>.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Whether each class gets a column <c>p_class</c> with its share.</summary>
    public bool Probabilities { get; init; }

    /// <summary>Whether to write the entropy of the shares, in nats.</summary>
    public bool Entropy { get; init; }
}

/// <summary>The labelled LAS or LAZ files.</summary>
public sealed record LasOutputOptions
{
    /// <summary>The format, which is the extension too: <c>las</c> or <c>laz</c>.</summary>
    public string Format { get; init; } = "las";

    /// <summary>Whether the confidence is added as a float32 extra-byte attribute.</summary>
    public bool Confidence { get; init; }
}

/// <summary>How the classes that the source already has are treated. Codes are ASPRS codes, 0–255.</summary>
public sealed record ClassOptions
{
    /// <summary>Points of these codes keep their class whatever the network says; it sees them all the same.</summary>
    public IReadOnlyList<int> Keep { get; init; } = [];

    /// <summary>Points of these codes are not shown to the network and keep their class.</summary>
    public IReadOnlyList<int> Exclude { get; init; } = [7, 18];

    /// <summary>Whether points flagged as withheld are treated like <see cref="Exclude"/>.</summary>
    public bool ExcludeWithheld { get; init; } = true;

    /// <summary>Points with less confidence than this get code 1 (unclassified); 0 to 1, 0 never abstains.</summary>
    public double MinConfidence { get; init; }
}

/// <summary>The squares in which a survey is processed.</summary>
public sealed record TileOptions
{
    /// <summary>Edge of a tile's core, metres; null derives it from the bundle and the density.</summary>
    public double? Edge { get; init; }

    /// <summary>Width of the context around the core, metres; null derives it from the bundle.</summary>
    public double? Halo { get; init; }

    /// <summary>Whether files of one survey give each other halos: points of neighbouring inputs are seen, and written by their own file alone.</summary>
    public bool AcrossFiles { get; init; }
}

/// <summary>How the network is run.</summary>
public sealed record InferenceOptions
{
    /// <summary>Execution providers by preference: <c>tensorrt</c>, <c>cuda</c>, <c>cpu</c>. The first that is there is taken.</summary>
    public IReadOnlyList<string> Providers { get; init; } = ["cpu"];

    /// <summary>
    /// Arithmetic that the bundle must have: <c>fp32</c>, <c>fp16</c> or <c>int8</c>; <c>auto</c> takes what it has, but fp16 on accelerators alone. <c>fp16</c> also lets TensorRT
    /// compute a bundle in fp32 in half precision.
    /// </summary>
    public string Precision { get; init; } = "auto";

    /// <summary>Sessions that run side by side, on each accelerator where there are any; null chooses. On the processor, with their threads, no more than the cores.</summary>
    public int? Sessions { get; init; }

    /// <summary>Threads within a session run, at most the cores; null chooses. Without effect on accelerators.</summary>
    public int? Threads { get; init; }

    /// <summary>The accelerators to use, from 0; without effect on the processor.</summary>
    public IReadOnlyList<int> Devices { get; init; } = [0];

    /// <summary>The most memory of each accelerator to use, bytes; null for all.</summary>
    public long? DeviceMemory { get; init; }

    /// <summary>Blocks stacked for one session run; null chooses. Halved by itself where an accelerator's memory does not suffice.</summary>
    public int? BlocksPerBatch { get; init; }
}

/// <summary>What the run may use.</summary>
public sealed record LimitOptions
{
    /// <summary>Memory that the run may take, bytes; null takes half of what the machine or its control group has. Inputs that do not fit go through scratch files.</summary>
    public long? Memory { get; init; }

    /// <summary>Cores to use; null takes all.</summary>
    public int? Cores { get; init; }

    /// <summary>What may fail; where more does, the run stops with exit code 3. By default nothing stops it.</summary>
    public FailureLimit MaxFailures { get; init; } = FailureLimit.Unlimited;

    /// <summary>Full path of the folder for scratch files; null takes the system's for temporary files.</summary>
    public string? Scratch { get; init; }
}

/// <summary>What happens when something fails.</summary>
public sealed record FaultOptions
{
    /// <summary>
    /// Attempts per input, and at writing its outputs, 1–100, as long as what fails may pass: a broken connection, a file system that does not answer.
    /// Damaged content and a full disk are not tried again. Pauses double from half a second to a minute.
    /// </summary>
    public int Attempts { get; init; } = 3;

    /// <summary>
    /// Time without progress after which an input is given up; it counts as an attempt that may be repeated. One step, such as measuring a survey as a
    /// whole, shows no progress until it is over: some minutes for a hundred million points. Waiting for other inputs does not count.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>What happens to an input of which a part cannot be decoded: it fails, or its other points are labelled.</summary>
    public CorruptChunks OnCorruptChunk { get; init; } = CorruptChunks.Refuse;
}

/// <summary>Which models are trusted.</summary>
public sealed record TrustOptions
{
    /// <summary>Whether a bundle without a signature by one of <see cref="Keys"/> is refused. A broken signature always is.</summary>
    public bool RequireSignature { get; init; }

    /// <summary>Full paths of the certificates (PEM or DER) that may sign or issue certificates that may; empty takes every signer.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];
}
