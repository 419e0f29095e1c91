using BatchSegmenter.Inference.FusedLayers;

namespace BatchSegmenter.Inference.Tests.FusedLayers;

/// <summary>Against sums number by number, to the bit.</summary>
public sealed unsafe class LayerTileTests
{
    private const int Stride = 70, ResultStride = 40;

    /// <summary>Depths, and rows that are taken by different numbers at a time.</summary>
    public static TheoryData<int, int> DepthsAndRows
    {
        get
        {
            TheoryData<int, int> all = [];
            foreach (int depth in (int[])[0, 1, 3, 8, 31, 64, 70])
                foreach (int rows in (int[])[8, 9, 10, 11, 12, 13, 15, 24, 32, 40]) all.Add(depth, rows);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(DepthsAndRows))]
    public void A_layer_is_the_sums_plus_bias_where_positive(int depth, int rowCount)
    {
        (float[] rows, float[] panel, float[] bias) = Operands(depth, rowCount);
        float[] result = new float[rowCount * ResultStride];
        float[] narrow = new float[result.Length];
        fixed (float* a = rows, b = panel, c = bias, wide = result, few = narrow)
        {
            LayerTile.Layer(a, Stride, rowCount, depth, b, c, wide, ResultStride);
            LayerTile.Narrow(a, Stride, rowCount, depth, b, c, few, ResultStride);
        }

        for (int row = 0; row < rowCount; row++)
            for (int column = 0; column < ResultStride; column++)
                Assert.Equal(column < LayerTile.Columns ? Math.Max(0, Sum(rows, panel, depth, row, column) + bias[column]) : 0, result[row * ResultStride + column]);
        Assert.Equal(result, narrow);
        Assert.True(depth == 0 || result.Contains(0)); // ReLU was needed
    }

    [Theory]
    [MemberData(nameof(DepthsAndRows))]
    public void The_largest_is_of_the_sums_and_what_was_there(int depth, int rowCount)
    {
        (float[] rows, float[] panel, float[] before) = Operands(depth, rowCount);
        (float[] largest, float[] narrow) = ([.. before], [.. before]);
        fixed (float* a = rows, b = panel, wide = largest, few = narrow)
        {
            LayerTile.Largest(a, Stride, rowCount, depth, b, wide);
            LayerTile.Narrow(a, Stride, rowCount, depth, b, null, few, 0);
        }

        for (int column = 0; column < LayerTile.Columns; column++)
            Assert.Equal(Enumerable.Range(0, rowCount).Max(row => Sum(rows, panel, depth, row, column)) is var most && most > before[column] ? most : before[column], largest[column]);
        Assert.Equal(largest, narrow);
    }

    private static (float[] Rows, float[] Panel, float[] Bias) Operands(int depth, int rowCount)
    {
        Random random = new(depth);
        return (Numbers(rowCount * Stride), Numbers(Math.Max(1, depth) * LayerTile.Columns), Numbers(LayerTile.Columns));

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }

    private static float Sum(float[] rows, float[] panel, int depth, int row, int column)
    {
        float sum = 0;
        for (int k = 0; k < depth; k++) sum = MathF.FusedMultiplyAdd(rows[row * Stride + k], panel[k * LayerTile.Columns + column], sum);
        return sum;
    }
}
