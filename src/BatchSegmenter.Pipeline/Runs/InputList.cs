using System.IO.Enumeration;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>The inputs of a run, found from the files, folders, globs and blob addresses that the options name.</summary>
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
    /// never inputs, and links to folders are not followed. The result does not depend on the order of the file system. Blobs: see <see cref="RemoteInputs"/>.
    /// </summary>
    /// <param name="options">What the run was asked to do.</param>
    /// <param name="cancellation">Ends the search.</param>
    /// <exception cref="ConfigurationException">
    /// A path that was named outright is missing or within the output folder, a folder cannot be searched, or nothing matches a folder or
    /// glob given by <c>--input</c>, or an address is none.
    /// </exception>
    /// <exception cref="StorageException">A blob store does not answer.</exception>
    public static async Task<InputList> FindAsync(SegmentationOptions options, CancellationToken cancellation = default)
    {
        var found = new List<FoundInput>();
        var warnings = new List<string>();
        var faults = new List<string>();
        string output = Path.TrimEndingDirectorySeparator(options.Output) + Path.DirectorySeparatorChar;
        foreach (string input in options.Inputs)
        {
            if (StoreAddress.IsRemote(input))
            {
                found.AddRange(await RemoteInputs.FindAsync(input, options, warnings, faults, cancellation).ConfigureAwait(false));
                continue;
            }

            bool isFile = File.Exists(ArchiveMembers.FileOf(input));
            bool isFolder = !isFile && Directory.Exists(input);
            if (isFile)
            {
                if (Within(output, input)) faults.Add($"{input}: lies in the output folder {options.Output}; outputs are never inputs");
                else found.Add(new(input, Path.GetFileName(input)));
                continue;
            }

            if (!isFolder && !Glob.IsPattern(input))
            {
                faults.Add($"{input}: no such file or folder; expected an input");
                continue;
            }

            List<FoundInput> matches;
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
            if (matches.Count == 0) TellEmpty(input, isFolder, options, warnings, faults);
            found.AddRange(matches.Select(WholeDataset));
        }

        if (faults.Count > 0) throw new ConfigurationException(faults);
        return new(Name(found, warnings), warnings);
    }

    /// <summary>Whether a file of that name is looked for in folders.</summary>
    internal static bool HasKnownExtension(string path) => Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>An empty folder or glob of the file is as it is; one that was named on the command line is a mistake.</summary>
    internal static void TellEmpty(string input, bool isFolder, SegmentationOptions options, List<string> warnings, List<string> faults)
    {
        string problem = isFolder ? $"holds no point cloud: no {string.Join(' ', Extensions)} file" : "no file matches";
        if (options.InputsFromCommandLine) faults.Add($"--input {input}: {problem}");
        else warnings.Add($"{input}: {problem}");
    }

    private static List<FoundInput> Matches(Glob glob) =>
        Directory.Exists(glob.Prefix) ? FilesBelow(glob.Prefix, glob.IsMatch) : [];

    private static List<FoundInput> FilesBelow(string folder, Func<string, bool> wanted)
    {
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        var files = new FileSystemEnumerable<string>(
            root, (ref FileSystemEntry entry) => entry.ToFullPath(), new() { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && entry.FileName[0] != '.',
            ShouldRecursePredicate = (ref FileSystemEntry entry) =>
                entry.FileName[0] != '.' && (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
        return [.. files.Select(path => new FoundInput(path, Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/'))).Where(file => wanted(file.Relative))];
    }

    /// <summary>Of a part in a folder <c>source=NAME</c> the folder, which is one cloud of that name.</summary>
    private static FoundInput WholeDataset(FoundInput file)
    {
        bool isPart = Path.GetExtension(file.Path).Equals(".parquet", StringComparison.OrdinalIgnoreCase)
            && Path.GetDirectoryName(file.Path) is { } folder && PointDatasetFolder.IsOne(folder);
        return isPart ? new(Path.GetDirectoryName(file.Path)!, PointDatasetFolder.NameOf(Path.GetDirectoryName(file.Path)!) + ".parquet") : file;
    }

    private static bool Within(string folderWithSeparator, string path) =>
        path.StartsWith(folderWithSeparator, OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);

    // Sorted by relative path, so that of a.las and a.laz the first takes the plain name whatever named them first.
    private static List<SegmentationInput> Name(List<FoundInput> found, List<string> warnings)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var inputs = new List<SegmentationInput>();
        foreach ((string path, string relative, RemoteObject? remote) in found.DistinctBy(file => file.Path)
            .OrderBy(file => file.Relative, StringComparer.Ordinal).ThenBy(file => file.Path, StringComparer.Ordinal))
        {
            string name = CandidateNames(path, relative).First(taken.Add);
            if (Directory.Exists(path))
            {
                inputs.Add(new(path, name) { Bytes = PointDatasetFolder.Parts(path).Sum(part => new FileInfo(part).Length) });
                continue;
            }

            foreach (ArchiveMember member in Members(path, remote, warnings))
            {
                string own = member.Name.Length == 0 ? name : MemberNames(name, member.Name).First(taken.Add);
                if (remote is not null)
                    inputs.Add(new(member.Address, own)
                    {
                        Bytes = member.Name.Length == 0 ? remote.Object.Length : member.Size,
                        Tag = remote.Object.Tag,
                        Remote = member.Name.Length == 0 ? remote : remote with { Member = member.Address[(remote.Address.Length + ArchiveMembers.Mark.Length)..] },
                    });
                else if (member.Name.Length == 0) inputs.Add(new(path, own));
                else inputs.Add(new(member.Address, own) { Bytes = member.Size });
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
    private static IReadOnlyList<ArchiveMember> Members(string path, RemoteObject? remote, List<string> warnings)
    {
        ArchiveMember itself = new(path, "", 0);
        bool isThere = remote is null ? File.Exists(path) : remote.Member.Length == 0;
        if (!ArchiveExtensions.Any(extension => path.EndsWith(extension, StringComparison.OrdinalIgnoreCase)) || !isThere) return [itself];
        try
        {
            using Stream? content = remote?.Store.OpenRead(remote.Object);
            IReadOnlyList<ArchiveMember> members = content is null ? ArchiveMembers.List(path) : ArchiveMembers.List(content, path);
            if (members.Count == 0) warnings.Add($"{path}: no member of the archive has the name of a point cloud");
            return members;
        }
        catch (Exception fault) when (fault is PointCloudException or UnauthorizedAccessException || (fault is IOException && (fault is not StorageException || fault is ObjectChangedException)))
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

/// <summary>A file or blob that is to be an input, before it has its name.</summary>
/// <param name="Path">Full path, or address.</param>
/// <param name="Relative">The path relative to the folder or glob prefix that named it, with its extension.</param>
/// <param name="Remote">The blob; null of a file.</param>
internal sealed record FoundInput(string Path, string Relative, RemoteObject? Remote = null);
