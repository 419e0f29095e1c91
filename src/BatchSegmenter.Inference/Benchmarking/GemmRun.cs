using BatchSegmenter.Inference.FusedLayers;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Serialization;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>
/// A matrix product in float32 and nothing else, through ONNX Runtime: the second operand is a constant, as weights are, and the first lies where it
/// lay the run before. How fast the machine is at it when nothing else is in the way.
/// </summary>
internal sealed class GemmRun : IDisposable
{
    private const string Input = "a", Output = "c";

    private readonly InferenceSession _session;
    private readonly OrtValue[] _operand, _result;
    private readonly RunOptions _run = new();

    /// <param name="product">Its shape.</param>
    /// <param name="options">Threads.</param>
    public GemmRun(MatrixProduct product, SegmentationModelOptions options)
    {
        (_session, _, _) = ExecutionProvider.Start(new SessionNetwork(OnnxWriter.Write(Graph(product)), isFused: false), options);
        (_operand, _result) = ([Tensor(product.Rows, product.Depth)], [Tensor(product.Rows, product.Columns)]);
    }

    /// <summary>Does the product once.</summary>
    public void Run() => _session.Run(_run, [Input], _operand, [Output], _result);

    /// <summary>Ends the session.</summary>
    public void Dispose()
    {
        _session.Dispose();
        _operand[0].Dispose();
        _result[0].Dispose();
        _run.Dispose();
    }

    private static OnnxGraph Graph(MatrixProduct product)
    {
        GraphBuilder graph = new("gemm");
        Value a = graph.Input(new OnnxValue(Input, ElementType.Float32, [product.Rows, product.Depth]));
        Value weights = graph.Constant("weights", Numbers(product.Depth * product.Columns), product.Depth, product.Columns);
        graph.Node("Gemm", Output, [a, weights]);
        graph.Output(new OnnxValue(Output, ElementType.Float32, [product.Rows, product.Columns]));
        return graph.Build();
    }

    private static OrtValue Tensor(long rows, long columns) => OrtValue.CreateTensorValueFromMemory(Numbers(rows * columns), [rows, columns]);

    /// <summary>Numbers of the size that activations have; zeros or denormals might be faster or slower than what networks compute with.</summary>
    private static float[] Numbers(long count)
    {
        Random random = new(1);
        float[] numbers = new float[count];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = random.NextSingle() - 0.5f;
        return numbers;
    }
}
