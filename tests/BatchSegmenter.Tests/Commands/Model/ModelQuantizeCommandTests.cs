using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using BatchSegmenter.Commands.Model;
using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Inference.Calibration;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Pipeline.Tests;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Tests.Commands.Model;

[Collection("console")]
public sealed class ModelQuantizeCommandTests : IDisposable
{
    private static readonly string Aerial = Path.Combine(SharedFiles.Repository, "pipelines", "models", "aerial");
    private static readonly string Valley = Path.Combine(SharedFiles.Repository, "sample-data", "valley.las");

    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new(), _errors = new();
    private readonly TextWriter _standardOutput = Console.Out, _standardError = Console.Error;

    public ModelQuantizeCommandTests()
    {
        Console.SetOut(_output);
        Console.SetError(_errors);
        SampleBundle.Write(_folder["narrow"]);
    }

    public void Dispose()
    {
        Console.SetOut(_standardOutput);
        Console.SetError(_standardError);
        _folder.Dispose();
    }

    [Fact]
    public void The_shipped_bundle_becomes_int8_and_loses_next_to_nothing()
    {
        Signed(_folder["signed"]);

        int code = Quantize(_folder["signed"], "--data", Valley, "--map", "3=5", "4=5", "--blocks", "4", "--json", "--output", _folder["int8"]);

        Assert.True(code == 0, _errors.ToString());
        Assert.Contains("the signature of CN=Mapping", _errors.ToString());
        ModelBundle made = ModelBundle.Load(_folder["int8"]);
        Assert.Equal((ModelPrecision.Int8, null), (made.Description.Precision, made.Signature));
        Assert.True(new FileInfo(Path.Combine(_folder["int8"], ModelBundle.NetworkFile)).Length < 0.4 * new FileInfo(Path.Combine(Aerial, ModelBundle.NetworkFile)).Length);
        using JsonDocument report = JsonDocument.Parse(_output.ToString());
        Assert.InRange(report.RootElement.GetProperty("loss").GetDouble(), -0.5, 0.5);
        Assert.InRange(report.RootElement.GetProperty("labelChange").GetDouble(), 0, 0.01);
        Assert.InRange(report.RootElement.GetProperty("before").GetProperty("meanIou").GetDouble(), 0.3, 1);
        Assert.Equal(4, report.RootElement.GetProperty("blocks").GetInt32());
        // What is printed lies in the bundle.
        Assert.Equal(report.RootElement.GetRawText(), File.ReadAllText(Path.Combine(made.Folder, BundleQuantization.ReportFile)).TrimEnd());
        Assert.Equal(0, ModelVerifyCommand.Create().Parse([_folder["int8"]]).Invoke());
    }

    [Fact]
    public void The_shipped_bundle_becomes_fp16_and_loses_nothing_to_speak_of()
    {
        int code = Quantize(Aerial, "--data", Valley, "--map", "3=5", "4=5", "--blocks", "2", "--precision", "fp16", "--json", "--output", _folder["fp16"]);

        Assert.True(code == 0, _errors.ToString());
        ModelBundle made = ModelBundle.Load(_folder["fp16"]);
        Assert.Equal(ModelPrecision.Fp16, made.Description.Precision);
        Assert.InRange(new FileInfo(Path.Combine(_folder["fp16"], ModelBundle.NetworkFile)).Length, 0, 0.52 * new FileInfo(Path.Combine(Aerial, ModelBundle.NetworkFile)).Length);
        using JsonDocument report = JsonDocument.Parse(_output.ToString());
        Assert.InRange(report.RootElement.GetProperty("loss").GetDouble(), -0.1, 0.1);
        Assert.Equal("fp16", report.RootElement.GetProperty("precision").GetString());
        Assert.Equal(0, ModelVerifyCommand.Create().Parse([_folder["fp16"]]).Invoke());
    }

    [Fact]
    public void A_bundle_that_quantises_badly_is_refused_with_numbers_and_nothing_is_written()
    {
        Spoilt(_folder["spoilt"]);
        // On a bare plane every label is ground, whatever becomes of the layer; only the surveys that judge show what is lost.
        PointColumns plane = SampleSurvey.Points();
        for (int i = 0; i < plane.Count; i++) plane.Z[i] = 100;
        SampleSurvey.Write(_folder["plane.las"], plane);

        int code = Quantize(_folder["spoilt"], "--data", Valley, "--calibration", _folder["plane.las"], "--map", "3=5", "4=5", "--json", "--output", _folder["int8"]);

        Assert.True(code == 1 && _output.ToString().Length > 0, $"{_errors}{_output}");
        using JsonDocument report = JsonDocument.Parse(_output.ToString());
        double loss = report.RootElement.GetProperty("loss").GetDouble();
        Assert.True(loss > 0.5, $"loss {loss}");
        Assert.False(report.RootElement.GetProperty("passed").GetBoolean());
        Assert.True(report.RootElement.GetProperty("calibratedApart").GetBoolean());
        Assert.Contains(FormattableString.Invariant($"int8 loses {loss:F2} points of mean IoU"), _errors.ToString());
        Assert.Contains("0.50 are allowed (--max-loss); nothing was written", _errors.ToString());
        Assert.False(Directory.Exists(_folder["int8"]));
    }

    [Theory]
    [InlineData(0.9, 0.896, true)]
    [InlineData(0.9, 0.8949, false)]
    [InlineData(0.9, 0.95, true)]
    [InlineData(null, null, false)]
    [InlineData(0.9, double.NaN, false)]
    public void The_gate_counts_points_of_mean_iou(double? before, double? after, bool passes)
    {
        GateReport report = new()
        {
            Source = "", Before = new(1, 1, before, 1), After = new(1, 1, after, 1), MaxLoss = 0.5, Surveys = [], Blocks = 1, CalibratedApart = false, Processor = "", Runtime = "",
        };
        Assert.Equal(passes, report.Passed);
    }

    [Theory]
    [InlineData("--max-loss: found -1", "--max-loss", "-1")]
    [InlineData("--max-loss: found NaN", "--max-loss", "NaN")]
    [InlineData("--max-loss: found 101", "--max-loss", "101")]
    [InlineData("--blocks: found 0", "--blocks", "0")]
    [InlineData("--precision: found \"int4\"; expected int8 or fp16", "--precision", "int4")]
    [InlineData("no mapping of classes", "--map", "five")]
    [InlineData("both as", "--map", "3=5", "3=4")]
    public void Wrong_options_are_usage_errors(string told, params string[] options)
    {
        Assert.Equal(2, Quantize(Aerial, ["--data", Valley, "--output", _folder["int8"], .. options]));
        Assert.Contains(told, _errors.ToString());
        Assert.False(Directory.Exists(_folder["int8"]));
    }

    [Theory]
    [InlineData("nowhere", "sample-data/valley.las", 2, "nowhere")]
    [InlineData("narrow", "sample-data/nowhere.las", 2, "nowhere.las")]
    [InlineData("narrow", "sample-data/*.nothing", 2, "*.nothing")]
    [InlineData("narrow", "sample-data/valley.las", 1, "no linear layer")]
    [InlineData("narrow", "LICENSE", 1, "LICENSE")]
    [InlineData("narrow", "sample-data/valley.las", 2, "nowhere.las", "sample-data/nowhere.las")]
    public void What_cannot_be_used_is_told(string bundle, string data, int expected, string told, string? calibration = null)
    {
        string[] apart = calibration is null ? [] : ["--calibration", Path.Combine(SharedFiles.Repository, calibration)];
        Assert.Equal(expected, Quantize(_folder[bundle], ["--data", Path.Combine(SharedFiles.Repository, data), "--output", _folder["int8"], .. apart]));
        Assert.Contains(told, _errors.ToString());
        Assert.False(Directory.Exists(_folder["int8"]));
    }

    [Fact]
    public void The_bundle_itself_is_no_place_for_the_result()
    {
        Assert.Equal(2, Quantize(_folder["narrow"], "--data", Valley, "--output", _folder["narrow"] + "/"));
        Assert.Contains("--output: the bundle itself", _errors.ToString());
    }

    private static int Quantize(string bundle, params string[] options) => ModelQuantizeCommand.Create().Parse([bundle, .. options]).InvokeAsync().GetAwaiter().GetResult();

    /// <summary>
    /// The shipped bundle, scores and all, with outliers: every fourth channel between two layers is so much larger, and what reads it so much less, that a byte which
    /// holds them has no step left for the others.
    /// </summary>
    private static void Spoilt(string folder)
    {
        const float Much = 300;
        ModelBundle source = ModelBundle.Load(Aerial);
        int width = (int)source.Graph.Initializers.Single(tensor => tensor.Name == "propagation.3.1.linear.bias").Shape[0], next = (int)source.Graph.Initializers.Single(tensor => tensor.Name == "head.0.linear.weight").Shape[1];
        OnnxGraph graph = new()
        {
            Name = source.Graph.Name, Opset = source.Graph.Opset, Inputs = source.Graph.Inputs, Outputs = source.Graph.Outputs, Nodes = source.Graph.Nodes,
            Initializers =
            [
                .. source.Graph.Initializers.Select(tensor => tensor.Name switch
                {
                    "propagation.3.1.linear.weight" => Changed(tensor, (value, i) => i % width % 4 == 0 ? value * Much : value),
                    "propagation.3.1.linear.bias" => Changed(tensor, (value, i) => i % 4 == 0 ? value * Much : value),
                    "head.0.linear.weight" => Changed(tensor, (value, i) => i / next % 4 == 0 ? value / Much : value),
                    _ => tensor,
                }),
            ],
        };
        ModelBundleWriter.Write(folder, source.Description, graph);

        static OnnxTensor Changed(OnnxTensor tensor, Func<float, int, float> change) =>
            tensor with { Bytes = MemoryMarshal.AsBytes<float>(tensor.Floats.ToArray().Select(change).ToArray()).ToArray() };
    }

    private void Signed(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(Aerial)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        using X509Certificate2 certificate = new CertificateRequest("CN=Mapping", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllBytes(_folder["c.pfx"], certificate.Export(X509ContentType.Pfx));
        Assert.Equal(0, ModelSignCommand.Create(TimeProvider.System).Parse([folder, "--certificate", _folder["c.pfx"]]).Invoke());
        _output.GetStringBuilder().Clear();
    }
}
