using System.Runtime.CompilerServices;

namespace BatchSegmenter.Inference.Tests;

/// <summary>Makes the runtime's environment before any test does by starting a session of its own, which would leave no log to collect.</summary>
internal static class RuntimeEnvironment
{
    [ModuleInitializer]
    internal static void Make() => _ = RuntimeLog.Runtime;
}
