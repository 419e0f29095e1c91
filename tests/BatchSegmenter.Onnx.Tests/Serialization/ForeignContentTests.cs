using System.Text;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Serialization;

namespace BatchSegmenter.Onnx.Tests.Serialization;

/// <summary>The bytes are made by hand from the field numbers of the ONNX format, for neither our writer nor our reader has the worse of them.</summary>
public sealed class ForeignContentTests
{
    private static readonly byte[] ExternalTensor =
        [.. Field(8, "weight"), .. Field(13, [.. Field(1, "location"), .. Field(2, "../secret.bin")]), 14 << 3, 1];

    [Fact]
    public void Takes_a_network_of_our_own()
    {
        PointNet2Description network = new()
        {
            Features = 1, Classes = 2, Head = [],
            Levels = [new() { Ratio = 0.5, Scales = [new() { Radius = 1, Neighbors = 4, Widths = [4] }] }],
            Propagation = [new() { Widths = [4] }],
        };
        ForeignContent.Refuse(OnnxWriter.Write(PointNet2Graph.Rewritten(PointNet2Weights.Random(network, 1))), "x.onnx");
    }

    [Theory]
    [InlineData("", "Conv")]
    [InlineData("ai.onnx", "Loop")]
    [InlineData("com.microsoft", "FusedMatMul")]
    public void Takes_operators_that_only_compute(string domain, string op) => ForeignContent.Refuse(Model(Node(op, domain)), "x.onnx");

    [Theory]
    [InlineData("com.example", "Sample")]
    [InlineData("com.microsoft", "EPContext")]
    [InlineData("ai.onnx.contrib", "PyOp")]
    [InlineData("AI.ONNX", "Conv")]
    public void Refuses_operators_of_other_libraries(string domain, string op)
    {
        Assert.Contains($"operator {domain}.{op}", Refusal(Model(Node(op, domain))));
        Assert.Contains($"operator {domain}.{op}", Refusal(Model(Node("If", "", Field(5, [.. Field(1, "then_branch"), .. Field(6, Field(1, Node(op, domain)))])))));
    }

    [Fact]
    public void The_last_of_a_repeated_domain_is_not_the_only_one_looked_at() =>
        Assert.Contains("operator com.example.Conv", Refusal(Model([.. Node("Conv", "com.example"), .. Field(7, "")])));

    /// <summary>In an initializer, in an attribute (also one in a list), in a sparse tensor, and in a sub-graph.</summary>
    [Fact]
    public void Refuses_tensors_in_other_files_wherever_they_stand()
    {
        foreach (byte[] graph in (byte[][])[
            Field(5, ExternalTensor),
            Field(15, Field(1, ExternalTensor)),
            Field(15, Field(2, ExternalTensor)),
            Field(1, Node("Constant", "", Field(5, Field(5, ExternalTensor)))),
            Field(1, Node("Constant", "", Field(5, Field(10, ExternalTensor)))),
            Field(1, Node("Constant", "", Field(5, Field(22, Field(1, ExternalTensor))))),
            Field(1, Node("Loop", "", Field(5, Field(6, Field(5, ExternalTensor))))),
            Field(1, Node("Loop", "", Field(5, Field(11, Field(5, ExternalTensor))))),
            Field(5, (byte[])[14 << 3, 1]),
            Field(5, Field(13, Field(1, "location"))),
        ])
            Assert.Contains("a tensor lies in another file", Refusal(Field(7, graph)));
        ForeignContent.Refuse(Field(7, Field(5, (byte[])[14 << 3, 0])), "x.onnx");
    }

    [Fact]
    public void Refuses_functions_of_its_own() => Assert.Contains("functions of its own", Refusal([.. Model(Node("Conv", "")), .. VarintOf(25 << 3 | 2), 0]));

    [Fact]
    public void Refuses_the_runtimes_other_format() =>
        Assert.Contains("ONNX Runtime's own format", Refusal([0x22, 6, 0, 0, .. "ORTM"u8, .. Model(Node("Conv", ""))]));

    [Fact]
    public void Refuses_graphs_without_end()
    {
        byte[] graph = [];
        for (int i = 0; i < 100; i++) graph = Field(1, Node("If", "", Field(5, Field(6, graph))));
        Assert.Contains("nested more than", Refusal(Field(7, graph)));
    }

    [Fact]
    public void Refuses_bytes_that_are_no_messages()
    {
        foreach (byte[] bytes in (byte[][])[[0x3A, 5, 1], [0x3B], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], [0, 0], [0x3A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]])
            Assert.Contains("no ONNX model", Refusal(bytes));
    }

    private static string Refusal(byte[] bytes) => Assert.Throws<InvalidOnnxException>(() => ForeignContent.Refuse(bytes, "x.onnx")).Message;

    private static byte[] Model(byte[] node) => Field(7, Field(1, node));

    private static byte[] Node(string op, string domain, params byte[] more) => [.. Field(4, op), .. Field(7, domain), .. more];

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Field(int number, byte[] content) => [.. VarintOf(number << 3 | 2), .. VarintOf(content.Length), .. content];

    private static byte[] VarintOf(int value)
    {
        List<byte> bytes = [];
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }
}
