namespace BatchSegmenter.Pipeline.Writers;

/// <summary>A file of an input that is visible under its name.</summary>
/// <param name="Name">Its name below the output, with <c>/</c>.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">SHA-256 of its bytes, in lower-case hexadecimal.</param>
public sealed record CommittedOutput(string Name, long Bytes, string Sha256);
