using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Passes;

namespace BatchSegmenter.Onnx.Quantization;

/// <summary>What follows a layer whose rows are pooled: laid out as [groups, neighbours, channels], the largest of each group is taken.</summary>
/// <param name="Reshape">The layout.</param>
/// <param name="Max">The maximum.</param>
/// <param name="Neighbours">Neighbours in a group; null where they are known only when the network runs.</param>
/// <param name="Groups">Where the rows come from; null where that is not understood, and rows must stay in their order.</param>
public sealed record Pooling(OnnxNode Reshape, OnnxNode Max, int? Neighbours, Grouping? Groups)
{
    /// <summary>The tensor of the largest, [groups, channels].</summary>
    public string Pooled => Max.Outputs[0];

    /// <summary>Whether a maximum is taken over the middle axis of three.</summary>
    internal static bool IsOverNeighbours(OnnxNode max) => max.Attribute("axes") is long[] and [1] && max.Attribute("keepdims") is 0L;

    internal static Pooling? Find(GraphWiring wiring, OnnxNode layer)
    {
        OnnxNode? reshape = wiring.OnlyReader(layer.Outputs[0]), max = reshape is { Operator: "Reshape" } ? wiring.OnlyReader(reshape.Outputs[0]) : null;
        if (max is not { Operator: "ReduceMax" } || !IsOverNeighbours(max) || reshape!.Inputs[0] != layer.Outputs[0]) return null;
        int? neighbours = wiring.Longs(reshape, 1) is [-1, > 0 and <= int.MaxValue, > 0] shape ? (int)shape[1] : null;
        return new Pooling(reshape, max, neighbours, neighbours is null ? null : Grouping.Find(wiring, layer.Inputs[0]));
    }
}

/// <summary>
/// How rows of neighbours came about: rows of points gathered by [groups, neighbours] indices, plus a row for each group. Laid out the other way round,
/// [neighbours, groups], the sum runs over whole tensors instead of a few channels at a time, which takes a third of the time.
/// </summary>
/// <param name="Gather">Gathers the points.</param>
/// <param name="Add">Adds the groups' rows.</param>
/// <param name="PerGroup">The rows that are added, [groups, channels].</param>
public sealed record Grouping(OnnxNode Gather, OnnxNode Add, string PerGroup)
{
    /// <summary>Walks from rows back to where they were gathered, over nodes that treat each row alone and whose results nobody else reads.</summary>
    internal static Grouping? Find(GraphWiring wiring, string rows)
    {
        while (wiring.Maker(rows) is { } maker && wiring.OnlyReader(rows) is not null)
        {
            bool rowByRow = maker.Operator switch
            {
                "Relu" => true,
                "Reshape" => wiring.Longs(maker, 1) is [-1, > 0],
                "MatMul" => wiring.Constant(maker, 1) is { Shape.Count: 2 },
                "Gemm" => maker.Attributes.Count == 0 && wiring.Constant(maker, 1) is not null && (maker.Inputs.Count < 3 || wiring.Constant(maker, 2) is { Shape.Count: 1 }),
                _ => false,
            };
            if (!rowByRow) return maker.Operator == "Add" ? OfSum(wiring, maker) : null;
            rows = maker.Inputs[0];
        }
        return null;
    }

    private static Grouping? OfSum(GraphWiring wiring, OnnxNode add)
    {
        OnnxNode? gather = wiring.Maker(add.Inputs[0]), perGroup = wiring.Maker(add.Inputs[1]);
        bool gathered = gather is { Operator: "Gather", Attributes.Count: 0 } && wiring.OnlyReader(add.Inputs[0]) is not null;
        return gathered && perGroup is { Operator: "Unsqueeze" } && wiring.Longs(perGroup, 1) is [1] ? new Grouping(gather!, add, perGroup.Inputs[0]) : null;
    }
}
