using System.Text.Json.Nodes;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests;

public sealed class ModelBundleTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _bundle;

    public ModelBundleTests()
    {
        _bundle = _folder["bundle"];
        ModelBundleWriter.Write(_bundle, SampleModels.Description(), PointNet2Graph.Rewritten(PointNet2Weights.Random(SampleModels.TwoLevels, 1)),
            new Dictionary<string, byte[]> { ["card.md"] = [35] });
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void LoadsWithItsHashes()
    {
        ModelBundle bundle = ModelBundle.Load(_bundle);
        Assert.Equal("sample", bundle.Description.Name);
        Assert.Equal(["card.md", "model.json", "model.onnx"], bundle.Files.Keys.Order());
        Assert.Equal(BundleHashes.Of(File.ReadAllBytes(Path.Combine(_bundle, "hashes.json"))), bundle.Id);
        Assert.Equal(64, bundle.Id.Length);
    }

    [Fact]
    public void TellsAMissingFolderFromAnInvalidOne()
    {
        Assert.Throws<ModelBundleNotFoundException>(() => ModelBundle.Load(_folder["nowhere"]));
        Assert.Contains("the bundle has no hashes.json", Assert.Throws<InvalidModelBundleException>(() => ModelBundle.Load(_folder.Path)).Message);
    }

    [Theory]
    [InlineData("model.onnx")]
    [InlineData("model.json")]
    [InlineData("card.md")]
    public void NamesAFileThatWasChanged(string file)
    {
        string path = Path.Combine(_bundle, file);
        File.AppendAllText(path, " ");
        InvalidModelBundleException fault = Assert.Throws<InvalidModelBundleException>(() => ModelBundle.Load(_bundle));
        Assert.Equal(path, fault.Path);
        Assert.Contains($"the file was changed: its SHA-256 is {BundleHashes.Of(File.ReadAllBytes(path))}", fault.Message);
    }

    [Theory]
    [InlineData("model.onnx")]
    [InlineData("card.md")]
    public void NamesAFileThatIsMissing(string file)
    {
        File.Delete(Path.Combine(_bundle, file));
        Assert.Contains($"the bundle has no {file}", Refusal());
    }

    [Theory]
    [InlineData("../outside.txt")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("C:/windows/x")]
    [InlineData("model.json:stream")]
    [InlineData("a\\b")]
    [InlineData("card.md ")]
    [InlineData("card.md.")]
    [InlineData("a//b")]
    [InlineData("")]
    public void RefusesAListThatLeavesTheFolder(string file)
    {
        Edit("hashes.json", list => list["sha256"]![file] = "00", rehash: false);
        Assert.Contains("no path inside the bundle", Refusal());
    }

    [Theory]
    [InlineData("CARD.md", "twice, in other letter cases")]
    [InlineData("hashes.json", "it lists hashes.json")]
    [InlineData("signature.jws", "it lists signature.jws")]
    public void RefusesAListOfNamesThatMeanTwoThings(string file, string told)
    {
        Edit("hashes.json", list => list["sha256"]![file] = new string('0', 64), rehash: false);
        Assert.Contains(told, Refusal());
    }

    [Fact]
    public void RefusesAListThatNamesAFileTwice()
    {
        string path = Path.Combine(_bundle, "hashes.json"), list = File.ReadAllText(path);
        File.WriteAllText(path, list.Replace("\"card.md\"", $"\"card.md\": \"{new string('0', 64)}\", \"card.md\""));
        Assert.Contains("it can't be read", Refusal());
    }

    [Theory]
    [InlineData("00")]
    [InlineData("g")]
    [InlineData("A")]
    public void RefusesHashesThatAreNone(string start)
    {
        Edit("hashes.json", list => list["sha256"]!["card.md"] = start.Length > 1 ? start : start + ((string)list["sha256"]!["card.md"]!)[1..], rehash: false);
        Assert.Contains("64 lower-case hexadecimal digits were expected", Refusal());
    }

    [SkippableTheory]
    [InlineData("more.txt")]
    [InlineData("custom/ops.so")]
    [InlineData("Model.json")]
    public void NamesAFileThatIsNotListed(string file)
    {
        string path = Path.Combine(_bundle, file);
        Skip.If(File.Exists(path), "names do not tell letter cases apart here");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "x");
        InvalidModelBundleException fault = Assert.Throws<InvalidModelBundleException>(() => ModelBundle.Load(_bundle));
        Assert.Equal(Path.GetFullPath(path), Path.GetFullPath(fault.Path));
        Assert.Contains("does not list this file", fault.Message);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void RefusesLinksOutOfTheFolder(bool folder)
    {
        Skip.If(OperatingSystem.IsWindows(), "links need a privilege there");
        if (folder) Directory.CreateSymbolicLink(Path.Combine(_bundle, "more"), _folder.Path);
        else
        {
            File.Move(Path.Combine(_bundle, "card.md"), _folder["card.md"]);
            File.CreateSymbolicLink(Path.Combine(_bundle, "card.md"), _folder["card.md"]);
        }

        Assert.Contains("is a link", Refusal());
    }

    [Fact]
    public void FilesInFoldersBelongToTheBundle()
    {
        Directory.CreateDirectory(Path.Combine(_bundle, "reports"));
        File.WriteAllText(Path.Combine(_bundle, "reports/a.json"), "{}");
        Edit("hashes.json", list => list["sha256"]!["reports/a.json"] = BundleHashes.Of("{}"u8), rehash: false);
        Assert.Contains("reports/a.json", ModelBundle.Load(_bundle).Files.Keys);
    }

    [Fact]
    public void RefusesFilesLargerThanWhatIsRead()
    {
        using (FileStream list = File.OpenWrite(Path.Combine(_bundle, "hashes.json"))) list.SetLength(BundleFiles.MaxText + 1);
        Assert.Contains("at most 16,777,216 are read", Refusal());
    }

    [Fact]
    public void RefusesANetworkWithOperatorsOfALibrary()
    {
        // Appended to the file's bytes, this is merged into its graph: node { op_type: "Run", domain: "evil" }.
        using (FileStream network = new(Path.Combine(_bundle, "model.onnx"), FileMode.Append))
            network.Write([0x3A, 13, 0x0A, 11, 0x22, 3, .. "Run"u8, 0x3A, 4, .. "evil"u8]);
        Rehash("model.onnx");
        Assert.Contains("operator evil.Run", Refusal());
    }

    [Fact]
    public void RefusesAListThatLeavesTheNetworkOut()
    {
        Edit("hashes.json", list => list["sha256"]!.AsObject().Remove("model.onnx"), rehash: false);
        Assert.Contains("it does not list model.onnx", Refusal());
    }

    /// <summary>Each description is valid by itself, but is not of this network.</summary>
    [Theory]
    [InlineData("features", "input features: float32[points0, 4], but the architecture in model.json asks for features: float32[points0, 5]")]
    [InlineData("classes", "output scores: float32[points0, 3], but the architecture in model.json asks for scores: float32[points0, 4]")]
    [InlineData("neighbors", "input neighbors_1_0: int32[points1, 8], but the architecture in model.json asks for neighbors_1_0: int32[points1, 9]")]
    [InlineData("scales", "asks for the input neighbors_2_1: int32[points2, 4], which model.onnx does not have")]
    [InlineData("fewer levels", "model.onnx has the input samples_2: int32[points2], which the architecture in model.json does not")]
    public void SaysHowNetworkAndDescriptionDisagree(string difference, string message)
    {
        Edit("model.json", model =>
        {
            JsonNode architecture = model["architecture"]!;
            switch (difference)
            {
                case "features":
                    architecture["features"] = 5;
                    model["input"]!["features"]!.AsArray().Add(new JsonObject { ["name"] = "more" });
                    break;
                case "classes":
                    architecture["classes"] = 4;
                    model["classes"]!.AsArray().Add(new JsonObject { ["id"] = 3, ["name"] = "more" });
                    break;
                case "neighbors":
                    architecture["levels"]![0]!["scales"]![0]!["neighbors"] = 9;
                    break;
                case "scales":
                    architecture["levels"]![1]!["scales"]!.AsArray().Add(new JsonObject { ["radius"] = 3, ["neighbors"] = 4, ["widths"] = new JsonArray(4) });
                    break;
                default:
                    architecture["levels"]!.AsArray().RemoveAt(1);
                    architecture["propagation"]!.AsArray().RemoveAt(1);
                    break;
            }
        });
        string refusal = Refusal();
        Assert.Contains("network and description disagree", refusal);
        Assert.Contains(message, refusal);
    }

    [Fact]
    public void RefusesANetworkThatIsNone()
    {
        File.WriteAllText(Path.Combine(_bundle, "model.onnx"), "not a network");
        Rehash("model.onnx");
        Assert.Contains("no ONNX model", Refusal());
    }

    [Fact]
    public void TheRuntimesRefusalIsOneError()
    {
        // Inputs and outputs agree with the description, but a layer inside has the wrong width.
        PointNet2Weights weights = PointNet2Weights.Random(SampleModels.TwoLevels, 1);
        Onnx.Graph.OnnxGraph graph = PointNet2Graph.Rewritten(weights);
        Onnx.Graph.OnnxGraph broken = new()
        {
            Name = graph.Name,
            Opset = graph.Opset,
            Inputs = graph.Inputs,
            Outputs = graph.Outputs,
            Nodes = graph.Nodes,
            Initializers = [.. graph.Initializers.Select(it => it.Name == "scores.weight" ? it with { Shape = [3, 12] } : it)],
        };
        ModelBundle bundle = ModelBundleWriter.Write(_folder["broken"], SampleModels.Description(), broken);
        Assert.Contains("ONNX Runtime refuses the network", Assert.Throws<InvalidModelBundleException>(() => SegmentationModel.Load(bundle)).Message);
    }

    private string Refusal() => Assert.Throws<InvalidModelBundleException>(() => ModelBundle.Load(_bundle)).Message;

    private void Edit(string file, Action<JsonNode> edit, bool rehash = true)
    {
        string path = Path.Combine(_bundle, file);
        JsonNode content = JsonNode.Parse(File.ReadAllText(path))!;
        edit(content);
        File.WriteAllText(path, content.ToJsonString());
        if (rehash) Rehash(file);
    }

    private void Rehash(string file) =>
        Edit("hashes.json", list => list["sha256"]![file] = BundleHashes.Of(File.ReadAllBytes(Path.Combine(_bundle, file))), rehash: false);
}
