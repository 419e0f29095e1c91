using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Serialization;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>
/// Matrix products in float32 and nothing else, through ONNX Runtime as a network runs them (weights are constants, with a bias), but each by
/// itself, with its operands where they were the run before: how fast the machine is at them.
/// </summary>
internal sealed class GemmRun : IDisposable
{
    private const string Input = "a", Output = "c";

    private readonly List<(InferenceSession Session, OrtValue Operand, OrtValue Result, int Times)> _products = [];
    private readonly RunOptions _run = new();

    /// <param name="products">What one <see cref="Run"/> does; those of equal shape follow each other.</param>
    /// <param name="options">Threads.</param>
    public GemmRun(IEnumerable<MatrixProduct> products, SegmentationModelOptions options)
    {
        foreach (IGrouping<MatrixProduct, MatrixProduct> equal in products.GroupBy(product => product))
        {
            MatrixProduct it = equal.Key;
            (InferenceSession session, _, _) = ExecutionProvider.Start(OnnxWriter.Write(Graph(it)), options);
            _products.Add((session, Tensor(it.Rows, it.Depth), Tensor(it.Rows, it.Columns), equal.Count()));
        }
    }

    /// <summary>Does every product once.</summary>
    public void Run()
    {
        foreach ((InferenceSession session, OrtValue operand, OrtValue result, int times) in _products)
            for (int time = 0; time < times; time++) session.Run(_run, [Input], [operand], [Output], [result]);
    }

    /// <summary>Ends the sessions.</summary>
    public void Dispose()
    {
        foreach ((InferenceSession session, OrtValue operand, OrtValue result, _) in _products)
        {
            session.Dispose();
            operand.Dispose();
            result.Dispose();
        }

        _run.Dispose();
    }

    private static OnnxGraph Graph(MatrixProduct product)
    {
        GraphBuilder graph = new("gemm");
        Value a = graph.Input(new OnnxValue(Input, ElementType.Float32, [product.Rows, product.Depth]));
        Value weights = graph.Constant("weights", Numbers(product.Depth * product.Columns), product.Depth, product.Columns);
        Value bias = graph.Constant("bias", Numbers(product.Columns), product.Columns);
        graph.Node("Gemm", Output, [a, weights, bias]);
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
