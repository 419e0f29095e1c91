using System.Text;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Serialization;

namespace BatchSegmenter.Inference;

/// <summary>Writes model bundles.</summary>
public static class ModelBundleWriter
{
    /// <summary>
    /// Writes a bundle. It appears under its name whole: files go to a folder beside it, which is renamed at the end. A bundle
    /// that is there already is replaced; any other folder with something in it is not touched.
    /// </summary>
    /// <param name="folder">Where the bundle shall lie.</param>
    /// <param name="description">The content of <c>model.json</c>.</param>
    /// <param name="graph">The network.</param>
    /// <param name="others">Further files by name, such as the model card.</param>
    /// <returns>The bundle, loaded and thus checked.</returns>
    /// <exception cref="IOException">The folder holds something else, or can't be written.</exception>
    /// <exception cref="InvalidModelBundleException">Network and description disagree.</exception>
    public static ModelBundle Write(string folder, ModelDescription description, OnnxGraph graph, IReadOnlyDictionary<string, byte[]>? others = null) =>
        Write(folder, description, OnnxWriter.Write(graph), others);

    /// <summary>Writes a bundle of a network whose bytes are kept as they are.</summary>
    /// <inheritdoc cref="Write(string, ModelDescription, OnnxGraph, IReadOnlyDictionary{string, byte[]})"/>
    /// <param name="folder">Where the bundle shall lie.</param>
    /// <param name="description">The content of <c>model.json</c>.</param>
    /// <param name="network">The bytes of the ONNX file.</param>
    /// <param name="others">Further files by name, such as the model card.</param>
    public static ModelBundle Write(string folder, ModelDescription description, byte[] network, IReadOnlyDictionary<string, byte[]>? others = null)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        bool occupied = Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any();
        if (occupied && !File.Exists(Path.Combine(target, BundleHashes.FileName)))
            throw new IOException($"{folder}: the folder holds something that is no model bundle; choose another one, or remove it");

        SortedDictionary<string, byte[]> files = new(StringComparer.Ordinal)
        {
            [ModelBundle.NetworkFile] = network,
            [ModelBundle.DescriptionFile] = Encoding.UTF8.GetBytes(description.ToJson()),
        };
        foreach ((string name, byte[] bytes) in others ?? new Dictionary<string, byte[]>()) files.Add(name, bytes);
        BundleHashes hashes = new() { Sha256 = new SortedDictionary<string, string>(files.ToDictionary(file => file.Key, file => BundleHashes.Of(file.Value)), StringComparer.Ordinal) };

        string temporary = $"{target}.{Environment.ProcessId}.tmp";
        Directory.CreateDirectory(temporary);
        try
        {
            foreach ((string name, byte[] bytes) in files) File.WriteAllBytes(Path.Combine(temporary, name), bytes);
            File.WriteAllBytes(Path.Combine(temporary, BundleHashes.FileName), hashes.ToBytes());
            ModelBundle.Load(temporary);
            if (Directory.Exists(target)) Directory.Delete(target, recursive: true);
            Directory.Move(temporary, target);
        }
        catch
        {
            Directory.Delete(temporary, recursive: true);
            throw;
        }
        return ModelBundle.Load(folder);
    }
}
