namespace BatchSegmenter.Inference;

/// <summary>Where what is worth keeping on a machine, and can be made anew at any time, is kept: engines of accelerators, setups that were measured.</summary>
public static class MachineCache
{
    /// <summary>The environment variable that names another place.</summary>
    public const string Variable = "BATCHSEGMENTER_CACHE";

    /// <summary>The folder: what <see cref="Variable"/> says, or else <c>batchsegmenter</c> in the user's local application data. It need not exist.</summary>
    public static string Folder => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } told
        ? told
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "batchsegmenter");

    /// <summary>The folder for one kind of things.</summary>
    public static string Of(string kind) => Path.Combine(Folder, kind);
}
