using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Serialization;

namespace BatchSegmenter.Onnx.Tests.Serialization;

public sealed class OnnxWriterTests
{
    [Fact]
    public void WritesTheFieldNumbersOfOnnx()
    {
        GraphBuilder builder = new("g", opset: 17);
        builder.Node("Relu", "y", [builder.Input(new OnnxValue("x", ElementType.Float32, [1]))]);
        builder.Output(new OnnxValue("y", ElementType.Float32, ["n"]));

        string written = Convert.ToHexString(OnnxWriter.Write(builder.Build()));
        // ir_version (1) = 8, producer_name (2), graph (7)
        Assert.StartsWith("0808" + "120E42617463685365676D656E746572" + "3A", written);
        // node (1) of 15 bytes: input (1) x, output (2) y, name (3) y, op_type (4) Relu; then the graph's name (2) g
        Assert.Contains("0A0F" + "0A0178" + "120179" + "1A0179" + "220452656C75" + "120167", written);
        // input (11): name (1), type (2): tensor (1): elem_type (1) = 1, shape (2): dim (1): dim_value (1) = 1; output (12): dim_param (2) = n
        Assert.Contains("5A0F" + "0A0178" + "120A" + "0A08" + "0801" + "1204" + "0A02" + "0801", written);
        Assert.Contains("6210" + "0A0179" + "120B" + "0A09" + "0801" + "1205" + "0A03" + "12016E", written);
        // opset_import (8): domain (1) "", version (2) = 17
        Assert.EndsWith("42040A001011", written);
    }

    [Fact]
    public void TellsAZeroFromAnAbsentAttribute()
    {
        GraphBuilder builder = new("g");
        builder.Node("Gather", "y", [], new OnnxAttribute("axis", 0L));
        // name (1) "axis", i (3) = 0, type (20) = INT
        Assert.Contains("0A0461786973" + "1800" + "A00102", Convert.ToHexString(OnnxWriter.Write(builder.Build())));
    }

    [Fact]
    public void RefusesAnAttributeThatOnnxHasNoTypeFor()
    {
        GraphBuilder builder = new("g");
        builder.Node("X", "y", [], new OnnxAttribute("when", DateTime.UnixEpoch));
        Assert.Throws<ArgumentException>(() => OnnxWriter.Write(builder.Build()));
    }
}
