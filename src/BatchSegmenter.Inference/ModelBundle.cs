using System.Text;
using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Serialization;

namespace BatchSegmenter.Inference;

/// <summary>
/// A folder with a network (<c>model.onnx</c>), its description (<c>model.json</c>) and the hashes of all its files
/// (<c>hashes.json</c>), which may be signed (<c>signature.jws</c>). A bundle that was loaded is whole, unchanged, and its two halves agree;
/// its network brings nothing from elsewhere, and its signature, if it has one, is valid.
/// </summary>
public sealed class ModelBundle
{
    /// <summary>The network's file.</summary>
    public const string NetworkFile = "model.onnx";

    /// <summary>The description's file.</summary>
    public const string DescriptionFile = "model.json";

    private ModelBundle(string folder, string id, ModelDescription description, BundleHashes hashes, BundleSignature? signature, OnnxGraph graph, byte[] network, PointSignature? points)
    {
        Folder = folder;
        Id = id;
        Description = description;
        Files = hashes.Sha256;
        Signature = signature;
        Graph = graph;
        Network = network;
        Points = points;
    }

    /// <summary>Where the bundle lies, as it was given.</summary>
    public string Folder { get; }

    /// <summary>The SHA-256 of <c>hashes.json</c>, in lower-case hex: it changes when any file of the bundle does.</summary>
    public string Id { get; }

    /// <summary>The content of <c>model.json</c>.</summary>
    public ModelDescription Description { get; }

    /// <summary>The SHA-256 of each file, by path inside the bundle.</summary>
    public IReadOnlyDictionary<string, string> Files { get; }

    /// <summary>Who signed the bundle; null if nobody did.</summary>
    public BundleSignature? Signature { get; }

    /// <summary>The network as a graph.</summary>
    public OnnxGraph Graph { get; }

    /// <summary>Whether several blocks can share a run without a change in any bit of their scores. The last bits of a mean over a block depend on the others of its batch.</summary>
    public bool MayBatch => !(Description.Architecture is PointNet2Description { Global: { } global } && global.Contains(GlobalFeature.Mean));

    /// <summary>How a network that takes points alone takes them; null where neighbourhoods are outside.</summary>
    internal PointSignature? Points { get; }

    /// <summary>The name of the network's output.</summary>
    internal string ScoresName => Points?.Scores ?? PointNet2Graph.Scores;

    /// <summary>The network's bytes, the very ones that were hashed.</summary>
    internal byte[] Network { get; }

    /// <summary>Reads a bundle and checks it.</summary>
    /// <param name="folder">The bundle.</param>
    /// <param name="trust">Who may have signed it; null takes any bundle whose signature, if there is one, is valid.</param>
    /// <exception cref="ModelBundleNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidModelBundleException">
    /// A file is missing, changed, invalid or not listed, network and description disagree, or the signature is not valid or not trusted.
    /// </exception>
    /// <exception cref="IOException">A file can't be read.</exception>
    public static ModelBundle Load(string folder, BundleTrust? trust = null) => Load(folder, trust ?? BundleTrust.Anyone, signed: true);

    /// <summary>Reads a bundle; one that is about to be signed may have a signature that is out of date.</summary>
    internal static ModelBundle Load(string folder, BundleTrust trust, bool signed)
    {
        if (!Directory.Exists(folder)) throw new ModelBundleNotFoundException(folder);
        HashSet<string> found = BundleFiles.Find(folder);
        if (!found.Remove(BundleHashes.FileName)) throw new InvalidModelBundleException(folder, $"the bundle has no {BundleHashes.FileName}");
        byte[] list = BundleFiles.Read(folder, BundleHashes.FileName, BundleFiles.MaxText);
        // Who vouches for the list comes first: without trust, nothing else of the bundle is looked at.
        BundleSignature? signature = found.Remove(BundleSignature.FileName) && signed
            ? BundleSignature.Verify(BundleFiles.Read(folder, BundleSignature.FileName, BundleFiles.MaxText), list, Path.Combine(folder, BundleSignature.FileName))
            : null;
        trust.Check(folder, signature);

        BundleHashes hashes = BundleHashes.Parse(list, Path.Combine(folder, BundleHashes.FileName));
        foreach (string file in (string[])[NetworkFile, DescriptionFile])
            if (!hashes.Sha256.ContainsKey(file)) throw new InvalidModelBundleException(Path.Combine(folder, BundleHashes.FileName), $"it does not list {file}");
        Dictionary<string, byte[]> kept = [];
        foreach ((string file, string expected) in hashes.Sha256.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (!found.Remove(file)) throw new InvalidModelBundleException(folder, $"the bundle has no {file}");
            if (file is NetworkFile or DescriptionFile) kept[file] = BundleFiles.Read(folder, file, file == NetworkFile ? BundleFiles.MaxNetwork : BundleFiles.MaxText);
            string actual = kept.TryGetValue(file, out byte[]? bytes) ? BundleHashes.Of(bytes) : BundleFiles.Hash(folder, file);
            if (actual != expected)
                throw new InvalidModelBundleException(Path.Combine(folder, file), $"the file was changed: its SHA-256 is {actual}, but {BundleHashes.FileName} lists {expected}");
        }
        if (found.Order(StringComparer.Ordinal).FirstOrDefault() is { } stranger)
            throw new InvalidModelBundleException(Path.Combine(folder, stranger), $"{BundleHashes.FileName} does not list this file; remove it, or make the bundle again with it");

        ModelDescription description = ModelDescription.Parse(Encoding.UTF8.GetString(kept[DescriptionFile]), Path.Combine(folder, DescriptionFile));
        OnnxGraph graph = ReadGraph(kept[NetworkFile], Path.Combine(folder, NetworkFile));
        if (description.Neighbourhoods == NeighbourhoodPlace.Outside) Compare(graph, description.PointNet2, folder);
        PointSignature? points = description.Neighbourhoods == NeighbourhoodPlace.Inside ? PointSignature.Of(graph, description, folder) : null;
        return new ModelBundle(folder, BundleHashes.Of(list), description, hashes, signature, graph, kept[NetworkFile], points);
    }

    private static OnnxGraph ReadGraph(byte[] bytes, string path)
    {
        try
        {
            ForeignContent.Refuse(bytes, path);
            return OnnxReader.Read(bytes, path);
        }
        catch (InvalidOnnxException fault)
        {
            throw new InvalidModelBundleException(path, fault.Problem, fault);
        }
    }

    /// <summary>The network must take and give exactly what the description says; else scores would be read as something they are not.</summary>
    private static void Compare(OnnxGraph graph, PointNet2Description architecture, string folder)
    {
        IReadOnlyList<OnnxValue> expected = PointNet2Graph.Inputs(architecture);
        foreach (OnnxValue input in expected) Match("input", input, graph.Inputs.FirstOrDefault(it => it.Name == input.Name));
        OnnxValue? stranger = graph.Inputs.FirstOrDefault(input => expected.All(it => it.Name != input.Name));
        if (stranger is not null) throw Disagree($"{NetworkFile} has the input {stranger}, which the architecture in {DescriptionFile} does not");
        Match("output", PointNet2Graph.Output(architecture), graph.Outputs is [OnnxValue output] ? output : null);

        void Match(string kind, OnnxValue wanted, OnnxValue? found)
        {
            if (found is null) throw Disagree($"the architecture in {DescriptionFile} asks for the {kind} {wanted}, which {NetworkFile} does not have");
            // The names of symbolic extents mean nothing; where a number is expected, it must stand there.
            bool agree = found.Name == wanted.Name && found.Type == wanted.Type && found.Shape.Count == wanted.Shape.Count
                && found.Shape.Zip(wanted.Shape).All(pair => pair.First.Size == pair.Second.Size);
            if (!agree) throw Disagree($"{NetworkFile} has the {kind} {found}, but the architecture in {DescriptionFile} asks for {wanted}");
        }

        InvalidModelBundleException Disagree(string how) => new(folder, $"network and description disagree: {how}");
    }
}
