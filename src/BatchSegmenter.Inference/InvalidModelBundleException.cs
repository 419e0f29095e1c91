using BatchSegmenter.Onnx;

namespace BatchSegmenter.Inference;

/// <summary>A model bundle is damaged, incomplete, or contradicts itself.</summary>
public sealed class InvalidModelBundleException(string path, string problem, Exception? cause = null) : ModelException(path, problem, cause);

/// <summary>There is no folder where a model bundle was said to be.</summary>
public sealed class ModelBundleNotFoundException(string path)
    : ModelException(path, "there is no such folder; a model bundle is a folder with model.onnx, model.json and hashes.json");
