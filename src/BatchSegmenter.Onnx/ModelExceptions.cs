namespace BatchSegmenter.Onnx;

/// <summary>A file that describes or holds a network could not be used. The message names the file and the fault.</summary>
public abstract class ModelException : Exception
{
    /// <param name="path">The file or folder, or the name of the stream.</param>
    /// <param name="problem">What was found, what was expected, what to do.</param>
    /// <param name="cause">The exception that led here, if any.</param>
    protected ModelException(string path, string problem, Exception? cause = null) : base($"{path}: {problem}", cause)
    {
        Path = path;
        Problem = problem;
    }

    /// <summary>The file or folder, or the name of the stream.</summary>
    public string Path { get; }

    /// <summary>The message without the path.</summary>
    public string Problem { get; }
}

/// <summary>The description of a network breaks a rule: an unknown key, a value out of range, a missing part.</summary>
public sealed class InvalidNetworkDescriptionException(string path, string problem, Exception? cause = null)
    : ModelException(path, problem, cause);

/// <summary>A checkpoint is damaged, or its tensors do not fit the description of the network.</summary>
public sealed class InvalidCheckpointException(string path, string problem, Exception? cause = null)
    : ModelException(path, problem, cause);

/// <summary>
/// A checkpoint is of a kind, or holds a part, that is not read here although it may be in order: what it is, where it
/// stands, and what is read instead.
/// </summary>
public sealed class UnsupportedCheckpointException(string path, string problem, Exception? cause = null)
    : ModelException(path, problem, cause);

/// <summary>An ONNX file is damaged, or uses a part of ONNX that is not read here.</summary>
public sealed class InvalidOnnxException(string path, string problem, Exception? cause = null)
    : ModelException(path, problem, cause);

/// <summary>A checkpoint was recognised, but values that its keys and shapes can't tell were not given. The message names each and the ways to give it.</summary>
public sealed class MissingParametersException(string path, string problem, IReadOnlyList<string> missing)
    : ModelException(path, problem)
{
    /// <summary>Each value that is missing, as a description file calls it, with what it means in brackets.</summary>
    public IReadOnlyList<string> Missing { get; } = missing;
}

/// <summary>A file of golden vectors is damaged, or its arrays do not fit each other or the network.</summary>
public sealed class InvalidGoldenVectorsException(string path, string problem, Exception? cause = null)
    : ModelException(path, problem, cause);
