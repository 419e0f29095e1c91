namespace BatchSegmenter.Tests;

/// <summary>Tests that look at what is printed: standard output and error are the whole process's, so no other test may run beside them.</summary>
[CollectionDefinition("console", DisableParallelization = true)]
public sealed class ConsoleCollection;
