using BatchSegmenter.Inference.Sessions;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace BatchSegmenter.Inference.Tests;

public sealed class BlockBatchTests
{
    private readonly BlockTensors _first = SampleModels.Block(SampleModels.TwoLevels, 40, 1);
    private readonly BlockTensors _second = SampleModels.Block(SampleModels.TwoLevels, 9, 2);
    private readonly BlockTensors _third = SampleModels.Block(SampleModels.TwoLevels, 1, 3);

    [Fact]
    public void ShiftsIndicesByThePointsOfTheBlocksBefore()
    {
        using BlockBatch batch = new(_first, _second, _third);

        Assert.Equal(50, batch.PointCount);
        Assert.Equal([50L, 3], Shape(batch, "positions"));
        Assert.Equal([.. _first.Positions.ToArray(), .. _second.Positions.ToArray(), .. _third.Positions.ToArray()], Values<float>(batch, "positions"));
        Assert.Equal([50L, 4], Shape(batch, "features"));

        // Level 0 has 40, 9, 1 points; level 1 has 10, 3, 1.
        Assert.Equal([14L], Shape(batch, "samples_1"));
        Assert.Equal([14L, 8], Shape(batch, "neighbors_1_0"));
        Assert.Equal(Shifted(0, 40, 49, block => block.Neighbourhoods.Samples(1)), Values<int>(batch, "samples_1"));
        Assert.Equal(Shifted(0, 40, 49, block => block.Neighbourhoods.Neighbors(1, 1)), Values<int>(batch, "neighbors_1_1"));
        Assert.Equal(Shifted(0, 10, 13, block => block.Neighbourhoods.Nearest(1)), Values<int>(batch, "nearest_1"));
        Assert.Equal(Shifted(0, 10, 13, block => block.Neighbourhoods.Samples(2)), Values<int>(batch, "samples_2"));
        Assert.Equal([50L, 3], Shape(batch, "weights_1"));
        Assert.Equal([14L, 3], Shape(batch, "nearest_2"));
    }

    [Fact]
    public void NamesTheInputsOfTheNetwork()
    {
        using BlockBatch batch = new(_first);
        Assert.Equal(Onnx.Networks.PointNet2Graph.Inputs(SampleModels.TwoLevels).Select(input => input.Name).Order(), batch.Names.Order());
    }

    [Fact]
    public void TellsAHeadThatAsksForItOfWholeBlocks()
    {
        BlockTensors[] blocks = [.. new[] { 18, 3 }.Select(points => SampleModels.Block(SampleModels.Global, points, points))];
        using BlockBatch batch = new(blocks);

        Assert.Equal(Onnx.Networks.PointNet2Graph.Inputs(SampleModels.Global).Select(input => input.Name).Order(), batch.Names.Order());
        Assert.Equal([2L, 18], Shape(batch, "all_0"));
        Assert.Equal([.. Enumerable.Range(0, 18), 18, 19, 20, .. Enumerable.Repeat(18, 15)], Values<int>(batch, "all_0"));
        Assert.Equal([2L, 18], Shape(batch, "all_weights_0"));
        Assert.Equal(
            [.. Enumerable.Repeat(1f / 18, 18), .. Enumerable.Repeat(1f / 3, 3), .. new float[15]], Values<float>(batch, "all_weights_0"));
        Assert.Equal([.. new int[18], 1, 1, 1], Values<int>(batch, "block_0"));

        using BlockBatch maximum = new(SampleModels.Block(SampleModels.GlobalMaximum, 5, 1));
        Assert.Equal([1L, 5], Shape(maximum, "all_0"));
        Assert.DoesNotContain("all_weights_0", maximum.Names);
    }

    [Fact]
    public void OneBlockIsNotCopied()
    {
        using BlockBatch batch = new(_first);
        _first.Neighbourhoods.Samples(1).Span[0] = 7;
        Assert.Equal(7, Values<int>(batch, "samples_1")[0]);
    }

    /// <summary>Nothing of a batch before is left in what a session keeps.</summary>
    [Fact]
    public void StacksInMemoryThatWasUsedBefore()
    {
        using KeptTensors kept = new();
        BlockTensors[][] batches = [[_second, _third], [_first, _second, _third], [_third, _second], [_third, _second], [_first, _third]];
        foreach (BlockTensors[] blocks in batches)
        {
            using BlockBatch again = new(blocks, null, kept), alone = new(blocks);
            foreach ((string name, OrtValue value) in alone.Names.Zip(alone.Values))
            {
                Assert.Equal(Shape(alone, name), Shape(again, name));
                if (value.GetTensorTypeAndShape().ElementDataType == TensorElementType.Float) Assert.Equal(Values<float>(alone, name), Values<float>(again, name));
                else Assert.Equal(Values<int>(alone, name), Values<int>(again, name));
            }
        }
    }

    [Fact]
    public void RefusesNoBlocksAndBlocksOfDifferentNetworks()
    {
        Assert.Throws<ArgumentException>(() => new BlockBatch());
        BlockTensors other = SampleModels.Block(SampleModels.TwoLevels with { Features = 5 }, 10, 1);
        Assert.Throws<ArgumentException>(() => new BlockBatch(_first, other));
    }

    private int[] Shifted(int first, int second, int third, Func<BlockTensors, Memory<int>> tensor) =>
    [
        .. tensor(_first).ToArray().Select(index => index + first),
        .. tensor(_second).ToArray().Select(index => index + second),
        .. tensor(_third).ToArray().Select(index => index + third),
    ];

    private static T[] Values<T>(BlockBatch batch, string name) where T : unmanaged => Value(batch, name).GetTensorDataAsSpan<T>().ToArray();

    private static long[] Shape(BlockBatch batch, string name) => Value(batch, name).GetTensorTypeAndShape().Shape;

    private static OrtValue Value(BlockBatch batch, string name) => batch.Values.ElementAt(batch.Names.ToList().IndexOf(name));
}
