using System.IO.Enumeration;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Formats.Parquet;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>The input files of a run, found from the files, folders and globs that the options name.</summary>
/// <param name="Inputs">The inputs in the order of their relative paths, each once.</param>
/// <param name="Warnings">What a user should know: folders and globs without a match, files left out; one line each.</param>
public sealed record InputList(IReadOnlyList<SegmentationInput> Inputs, IReadOnlyList<string> Warnings)
{
    private static readonly string[] ArchiveExtensions = [".zip", ".tar", ".tgz", ".gz", ".7z"];

    /// <summary>
    /// The extensions that a folder is searched for, whatever their case. Tables that as often are something else (.txt, .csv, .asc) are
    /// inputs only where they are named, outright or by a glob.
    /// </summary>
    public static IReadOnlyList<string> Extensions { get; } =
        [".las", ".laz", ".e57", ".ply", ".pcd", ".xyz", ".pts", ".ptx", ".npy", ".npz", ".parquet", ".zip", ".tar", ".tgz", ".gz", ".7z"];

    /// <summary>
    /// Looks the inputs up. Folders recurse over <see cref="Extensions"/>; a folder
    /// <c>source=NAME</c> of Parquet parts is one input; an archive gives its members (one that cannot be listed stands for
    /// itself and fails as an input); names that start with a dot and the output folder are
    /// never inputs, and links to folders are not followed. The result does not depend on the order of the file system.
    /// </summary>
    /// <exception cref="ConfigurationException">
    /// A path that was named outright is missing or within the output folder, a folder cannot be searched, or nothing matches a folder or
    /// glob given by <c>--input</c>.
    /// </exception>
    public static InputList Find(SegmentationOptions options)
    {
        var found = new List<(string Path, string Relative)>();
        var warnings = new List<string>();
        var faults = new List<string>();
        string output = Path.TrimEndingDirectorySeparator(options.Output) + Path.DirectorySeparatorChar;
        foreach (string input in options.Inputs)
        {
            bool isFile = File.Exists(ArchiveMembers.FileOf(input));
            bool isFolder = !isFile && Directory.Exists(input);
            if (isFile)
            {
                if (Within(output, input)) faults.Add($"{input}: lies in the output folder {options.Output}; outputs are never inputs");
                else found.Add((input, Path.GetFileName(input)));
                continue;
            }

            if (!isFolder && !Glob.IsPattern(input))
            {
                faults.Add($"{input}: no such file or folder; expected an input");
                continue;
            }

            List<(string Path, string Relative)> matches;
            try
            {
                matches = isFolder ? FilesBelow(input, HasKnownExtension) : Matches(new(input));
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{input}: cannot be searched for inputs: {fault.Message}");
                continue;
            }

            int all = matches.Count;
            matches.RemoveAll(match => Within(output, match.Path));
            if (matches.Count < all) warnings.Add($"{input}: {all - matches.Count} files in the output folder {options.Output} were left out");
            if (matches.Count == 0)
            {
                string problem = isFolder ? $"holds no point cloud: no {string.Join(' ', Extensions)} file" : "no file matches";
                if (options.InputsFromCommandLine) faults.Add($"--input {input}: {problem}");
                else warnings.Add($"{input}: {problem}");
            }

            found.AddRange(matches.Select(WholeDataset));
        }

        if (faults.Count > 0) throw new ConfigurationException(faults);
        return new(Name(found, warnings), warnings);
    }

    private static List<(string Path, string Relative)> Matches(Glob glob) =>
        Directory.Exists(glob.Prefix) ? FilesBelow(glob.Prefix, glob.IsMatch) : [];

    private static List<(string Path, string Relative)> FilesBelow(string folder, Func<string, bool> wanted)
    {
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var files = new FileSystemEnumerable<string>(
            root, (ref FileSystemEntry entry) => entry.ToFullPath(), new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && entry.FileName[0] != '.',
            ShouldRecursePredicate = (ref FileSystemEntry entry) =>
                entry.FileName[0] != '.' && (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
        return [.. files.Select(path => (path, Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/'))).Where(file => wanted(file.Item2))];
    }

    /// <summary>Of a part in a folder <c>source=NAME</c> the folder, which is one cloud of that name.</summary>
    private static (string Path, string Relative) WholeDataset((string Path, string Relative) file)
    {
        bool isPart = Path.GetExtension(file.Path).Equals(".parquet", StringComparison.OrdinalIgnoreCase)
            && Path.GetDirectoryName(file.Path) is { } folder && PointDatasetFolder.IsOne(folder);
        return isPart ? (Path.GetDirectoryName(file.Path)!, PointDatasetFolder.NameOf(Path.GetDirectoryName(file.Path)!) + ".parquet") : file;
    }

    private static bool HasKnownExtension(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    private static bool Within(string folderWithSeparator, string path) =>
        path.StartsWith(folderWithSeparator, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    // Sorted by relative path, so that of a.las and a.laz the first takes the plain name whatever named them first.
    private static List<SegmentationInput> Name(List<(string Path, string Relative)> found, List<string> warnings)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var inputs = new List<SegmentationInput>();
        foreach ((string path, string relative) in found.DistinctBy(file => file.Path)
            .OrderBy(file => file.Relative, StringComparer.Ordinal).ThenBy(file => file.Path, StringComparer.Ordinal))
        {
            string name = CandidateNames(path, relative).First(taken.Add);
            if (Directory.Exists(path))
            {
                inputs.Add(new(path, name) { Bytes = PointDatasetFolder.Parts(path).Sum(part => new FileInfo(part).Length) });
                continue;
            }

            foreach (ArchiveMember member in Members(path, warnings))
            {
                if (member.Name.Length == 0) inputs.Add(new(path, name));
                else inputs.Add(new(member.Address, MemberNames(name, member.Name).First(taken.Add)) { Bytes = member.Size });
            }
        }

        return inputs;
    }

    // Without extension, with it, then with one more of the folders above each time, and at last with a number.
    private static IEnumerable<string> CandidateNames(string path, string relative)
    {
        string name = relative;
        string? folder = Directory.Exists(path) ? Path.GetDirectoryName(path) : path[..^relative.Length];
        while (true)
        {
            yield return name[..^Path.GetExtension(name).Length];
            yield return name;
            folder = Path.TrimEndingDirectorySeparator(folder ?? "");
            if (Path.GetFileName(folder) is not { Length: > 0 } parent) break;
            name = $"{parent}/{name}";
            folder = Path.GetDirectoryName(folder);
        }

        for (int number = 2; ; number++) yield return $"{name}-{number}";
    }

    /// <summary>The clouds in a file: itself where it is no archive, and where why it cannot be listed is to be told as its fault.</summary>
    private static IReadOnlyList<ArchiveMember> Members(string path, List<string> warnings)
    {
        ArchiveMember itself = new(path, "", 0);
        if (!ArchiveExtensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) || !File.Exists(path)) return [itself];
        try
        {
            IReadOnlyList<ArchiveMember> members = ArchiveMembers.List(path);
            if (members.Count == 0) warnings.Add($"{path}: no member of the archive has the name of a point cloud");
            return members;
        }
        catch (Exception fault) when (fault is PointCloudException or IOException or UnauthorizedAccessException)
        {
            return [itself];
        }
    }

    // The folder takes the archive's name without extension; of a.laz and a.las in it the second keeps its extension.
    private static IEnumerable<string> MemberNames(string archive, string member)
    {
        string folder = archive.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) ? archive[..^4] : archive;
        yield return $"{folder}/{member[..^Path.GetExtension(member).Length]}";
        for (int number = 1; ; number++) yield return number == 1 ? $"{folder}/{member}" : $"{folder}/{member}-{number}";
    }
}
