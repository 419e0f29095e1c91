using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Serialization;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Verification;

/// <summary>
/// A bundle's network with a look inside: tensors between its layers become outputs. The runtime is told not to rewrite the graph, else it would
/// fuse what is looked at away.
/// </summary>
internal sealed class NetworkProbe : IDisposable
{
    private readonly ModelBundle _bundle;
    private readonly InferenceSession _session;
    private readonly string[] _outputs;

    /// <param name="bundle">The network.</param>
    /// <param name="tensors">Names of float32 tensors; those that the graph has not are left out.</param>
    public NetworkProbe(ModelBundle bundle, IEnumerable<string> tensors)
    {
        _bundle = bundle;
        OnnxGraph graph = bundle.Graph;
        HashSet<string> made = [.. graph.Nodes.SelectMany(node => node.Outputs)];
        HashSet<string> outputs = [.. graph.Outputs.Select(output => output.Name)];
        string[] inner = [.. tensors.Where(name => made.Contains(name) && !outputs.Contains(name)).Distinct()];
        OnnxGraph opened = new()
        {
            Name = graph.Name,
            Opset = graph.Opset,
            Inputs = graph.Inputs,
            Initializers = graph.Initializers,
            Nodes = graph.Nodes,
            Outputs = [.. graph.Outputs, .. inner.Select(name => new OnnxValue(name, ElementType.Float32, [$"rows of {name}", $"channels of {name}"]))],
        };
        _outputs = [.. outputs, .. inner];
        using SessionOptions options = new() { GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        _session = new InferenceSession(OnnxWriter.Write(opened), options);
    }

    /// <summary>Runs a cloud and gives each tensor by its name.</summary>
    public Dictionary<string, float[]> Run(TestCloud cloud)
    {
        RawBlock block = cloud.Block;
        if (_bundle.Points is PointSignature signature)
        {
            using RawBatch raw = new(block, signature, _bundle.Description.Architecture);
            return Run(raw.Names, raw.Values);
        }

        BlockTensors tensors = block.WithNeighbourhoods(_bundle.Description.PointNet2);
        using Neighbourhoods neighbourhoods = tensors.Neighbourhoods;
        using BlockBatch batch = new(tensors);
        return Run(batch.Names, batch.Values);
    }

    public void Dispose() => _session.Dispose();

    private Dictionary<string, float[]> Run(IReadOnlyCollection<string> names, IReadOnlyCollection<OrtValue> values)
    {
        using RunOptions run = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(run, names, values, _outputs);
        return _outputs.Zip(outputs).ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
    }
}
