using BatchSegmenter.Inference.FusedLayers;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Serialization;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Calibration;

/// <summary>A graph ready to run on blocks, on one thread, with a look at tensors inside it.</summary>
internal sealed class CalibrationSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly string[] _outputs;

    /// <param name="graph">A graph that takes neighbourhoods.</param>
    /// <param name="inner">Names of float32 tensors inside it to look at.</param>
    public CalibrationSession(OnnxGraph graph, params IReadOnlyList<string> inner)
    {
        HashSet<string> known = [.. graph.Outputs.Concat(graph.Inputs).Select(value => value.Name)];
        // The names of extents need not be told apart: two that differ in fact would only make the runtime warn.
        OnnxValue[] opened = [.. inner.Where(known.Add).Select((name, i) => new OnnxValue(name, ElementType.Float32, [default, default]))];
        _outputs = [.. graph.Outputs.Select(output => output.Name), .. inner.Except(graph.Inputs.Select(input => input.Name))];
        _outputs = [.. _outputs.Distinct()];
        OnnxGraph looked = new()
        {
            Name = graph.Name, Opset = graph.Opset, Inputs = graph.Inputs, Outputs = [.. graph.Outputs, .. opened], Initializers = graph.Initializers, Nodes = graph.Nodes,
        };
        (_session, _, _) = ExecutionProvider.Start(new SessionNetwork(OnnxWriter.Write(looked), isFused: true), new SegmentationModelOptions());
    }

    /// <summary>Runs one block and gives every output and every tensor looked at.</summary>
    public Dictionary<string, float[]> Run(BlockTensors block)
    {
        using BlockBatch batch = new(block);
        using RunOptions options = new();
        using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(options, batch.Names, batch.Values, _outputs);
        return _outputs.Zip(outputs).ToDictionary(pair => pair.First, pair => pair.Second.GetTensorDataAsSpan<float>().ToArray());
    }

    public void Dispose() => _session.Dispose();
}
