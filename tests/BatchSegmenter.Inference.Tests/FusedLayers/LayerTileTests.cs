using BatchSegmenter.Inference.FusedLayers;

namespace BatchSegmenter.Inference.Tests.FusedLayers;

/// <summary>Against sums number by number, to the bit.</summary>
public sealed unsafe class LayerTileTests
{
    private const int Stride = 70, ResultStride = 40;

    public static TheoryData<int> Depths => [0, 1, 3, 8, 31, 64, 70];

    [Theory]
    [MemberData(nameof(Depths))]
    public void A_layer_is_the_sums_plus_bias_where_positive(int depth)
    {
        (float[] rows, float[] panel, float[] bias) = Operands(depth);
        float[] result = new float[LayerTile.Rows * ResultStride];
        float[] narrow = new float[result.Length];
        fixed (float* a = rows, b = panel, c = bias, wide = result, four = narrow)
        {
            LayerTile.Layer(a, Stride, depth, b, c, wide, ResultStride);
            for (int row = 0; row < LayerTile.Rows; row += 4)
                for (int column = 0; column < LayerTile.Columns; column += 16)
                    LayerTile.Narrow(a + row * Stride, Stride, depth, b + column, c + column, four + row * ResultStride + column, ResultStride);
        }

        for (int row = 0; row < LayerTile.Rows; row++)
            for (int column = 0; column < ResultStride; column++)
                Assert.Equal(column < LayerTile.Columns ? Math.Max(0, Sum(rows, panel, depth, row, column) + bias[column]) : 0, result[row * ResultStride + column]);
        Assert.Equal(result, narrow);
        Assert.True(depth == 0 || result.Contains(0)); // ReLU was needed
    }

    [Theory]
    [MemberData(nameof(Depths))]
    public void The_largest_is_of_the_sums_and_what_was_there(int depth)
    {
        (float[] rows, float[] panel, float[] before) = Operands(depth);
        (float[] largest, float[] narrow) = ([.. before], [.. before]);
        fixed (float* a = rows, b = panel, wide = largest, four = narrow)
        {
            LayerTile.Largest(a, Stride, depth, b, wide);
            for (int row = 0; row < LayerTile.Rows; row += 4)
                for (int column = 0; column < LayerTile.Columns; column += 16)
                    LayerTile.Narrow(a + row * Stride, Stride, depth, b + column, null, four + column, 0);
        }

        for (int column = 0; column < LayerTile.Columns; column++)
            Assert.Equal(Enumerable.Range(0, LayerTile.Rows).Max(row => Sum(rows, panel, depth, row, column)) is var most && most > before[column] ? most : before[column], largest[column]);
        Assert.Equal(largest, narrow);
    }

    private static (float[] Rows, float[] Panel, float[] Bias) Operands(int depth)
    {
        Random random = new(depth);
        return (Numbers(LayerTile.Rows * Stride), Numbers(Math.Max(1, depth) * LayerTile.Columns), Numbers(LayerTile.Columns));

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }

    private static float Sum(float[] rows, float[] panel, int depth, int row, int column)
    {
        float sum = 0;
        for (int k = 0; k < depth; k++) sum = MathF.FusedMultiplyAdd(rows[row * Stride + k], panel[k * LayerTile.Columns + column], sum);
        return sum;
    }
}
