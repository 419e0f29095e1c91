namespace BatchSegmenter.Tests;

/// <summary>
/// Finds the repository and the folder of real surveys beside it. Tests that need real files ask
/// <see cref="Require"/>, which skips the test by name where the folder is not there.
/// </summary>
internal static class SharedFiles
{
    /// <summary>The folder that holds <c>BatchSegmenter.sln</c>.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>The folder of real point clouds (<c>../shared/data</c>), whether or not it exists.</summary>
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Repository, "..", "shared", "data"));

    /// <summary>The full path of a real file or folder; skips the test where it is missing.</summary>
    public static string Require(string relativePath)
    {
        string path = Path.Combine(Root, relativePath);
        Skip.IfNot(File.Exists(path) || Directory.Exists(path), $"needs ../shared/data/{relativePath}");
        return path;
    }

    private static string FindRepository()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "BatchSegmenter.sln"))) return folder.FullName;
        throw new DirectoryNotFoundException($"BatchSegmenter.sln is in no folder above {AppContext.BaseDirectory}.");
    }
}
