using System.Text;
using BatchSegmenter.Inference.Benchmarking;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Tests.Benchmarking;

public sealed class ExecutedNodeTests
{
    [Theory]
    [InlineData("Gemm", "5,7", "7,3", "5,3", 105)]
    [InlineData("FusedGemm", "7,5", "7,3", "5,3", 105)] // the first operand transposed
    [InlineData("MatMul", "2,5,7", "7,3", "2,5,3", 210)]
    [InlineData("MatMul", "5,7", "4,7,3", "4,5,3", 420)] // the first operand repeated
    [InlineData("FusedMatMul", "2,7,5", "7,3", "2,5,3", 210)]
    [InlineData("Conv", "1,7,5", "3,7,1", "1,3,5", 105)]
    [InlineData("Relu", "5,7", "", "5,7", 0)]
    public void Multiply_adds_follow_from_the_shapes(string name, string first, string second, string output, long expected) =>
        Assert.Equal(expected, new ExecutedNode(name, [Shape(first), Shape(second)], [Shape(output)], 0).MultiplyAdds);

    [Fact]
    public void A_profile_is_read_node_by_node()
    {
        const string Profile = """
            [{"cat":"Session","name":"model_run","dur":9,"args":{}},
             {"cat":"Node","name":"a_fence_before","dur":1,"args":{"op_name":"Gemm"}},
             {"cat":"Node","name":"a_kernel_time","dur":250,"args":{"op_name":"Gemm","input_type_shape":[{"float":[5,7]},{"float":[7,3]}],"output_type_shape":[{"float":[5,3]}]}}]
            """;
        ExecutedNode node = Assert.Single(ExecutedNode.Read(Encoding.UTF8.GetBytes(Profile)));
        Assert.Equal(("Gemm", 250e-6, new MatrixProduct(5, 7, 3)), (node.Operator, node.Seconds, Assert.Single(node.Products)));
    }

    [Fact]
    public void A_networks_products_are_those_of_its_layers_applied_before_the_gather()
    {
        PointNet2Description network = SampleModels.TwoLevels;
        using TemporaryFolder folder = new();
        ModelBundle bundle = ModelBundleWriter.Write(folder["bundle"], SampleModels.Description(network), PointNet2Graph.Rewritten(PointNet2Weights.Random(network, 1)));
        BlockTensors block = SampleModels.Block(network, 200, 1);
        string[] before = Profiles();
        IReadOnlyList<ExecutedNode> nodes = ExecutedNode.Of(bundle, new SegmentationModelOptions(), model =>
        {
            using BlockBatch batch = new(block);
            model.Run(batch, new float[200 * network.Classes]);
        });

        // Level 1: 200 points, 50 samples, scales of 8 and 16 neighbours. First layers once per point (positions and features) and once per
        // sample (positions alone), the others once per neighbour. Level 2: 16 samples of 8 neighbours among 50 points of 18 features.
        long first = 200 * (3 + 4) * 8 + 50 * 3 * 8 + 50 * 8 * 8 * 12 + 200 * (3 + 4) * 6 + 50 * 3 * 6;
        long second = 50 * (3 + 18) * 16 + 16 * 3 * 16 + 16 * 8 * (16 * 16 + 16 * 24);
        // Upwards, coarse features pass their part of the first layer before they are interpolated; the finer level's own join it.
        long up = 16 * 24 * 20 + 50 * 18 * 20 + 50 * 20 * 16 + 50 * 16 * 16;
        long head = 200 * (16 * 12 + 12 * 3);
        Assert.Equal(first + second + up + head, nodes.Sum(node => node.MultiplyAdds));
        Assert.Equal(before, Profiles()); // nothing is left in the working directory

        static string[] Profiles() => [.. Directory.EnumerateFiles(".", "onnxruntime_profile*").Order()];
    }

    private static long[] Shape(string text) => text.Length == 0 ? [] : [.. text.Split(',').Select(long.Parse)];
}
