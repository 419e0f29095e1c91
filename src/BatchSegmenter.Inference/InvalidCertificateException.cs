using BatchSegmenter.Onnx;

namespace BatchSegmenter.Inference;

/// <summary>A file of certificates or keys can't be used: missing, of another kind, locked, expired.</summary>
public sealed class InvalidCertificateException(string path, string problem, Exception? cause = null) : ModelException(path, problem, cause);
