namespace BatchSegmenter.Pipeline.Options;

/// <summary>What is gathered while one pipeline file is read: its faults, and the keys that the program knows.</summary>
/// <param name="file">The file as the user named it.</param>
/// <param name="folder">Full path of the folder at which the file's relative paths start.</param>
internal sealed class PipelineReading(string file, string folder)
{
    /// <summary>The file as the user named it.</summary>
    public string File { get; } = file;

    /// <summary>Full path of the folder at which the file's relative paths start.</summary>
    public string Folder { get; } = folder;

    /// <summary>The faults, one line each.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Every key that was asked for, as a dotted path.</summary>
    public List<string> Keys { get; } = [];

    /// <summary>Records that the value at a dotted path is at fault, with the place where it stands.</summary>
    public void Fault(PipelineValue found, string path, string problem)
    {
        bool option = found.Line == 0 && found.Origin != "--set";
        Faults.Add(option ? $"{found.Origin}: {problem}"
            : found.Line == 0 ? $"{found.Origin} {path}: {problem}"
            : $"{found.Origin}: {path} (line {found.Line}): {problem}");
    }
}
