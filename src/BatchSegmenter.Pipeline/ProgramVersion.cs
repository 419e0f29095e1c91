using System.Reflection;

namespace BatchSegmenter.Pipeline;

/// <summary>The version of this program, as outputs and reports carry it.</summary>
public static class ProgramVersion
{
    /// <summary>For example <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
