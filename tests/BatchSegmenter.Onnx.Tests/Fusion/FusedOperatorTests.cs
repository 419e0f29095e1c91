using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Tests.Fusion;

public sealed class FusedOperatorTests
{
    [Theory]
    [InlineData(3, 32, 32)]
    [InlineData(3, 33, 64)]
    [InlineData(5, 1, 32)]
    [InlineData(1, 100, 128)]
    public void Panels_hold_every_row_of_32_columns_and_then_zeros(int depth, int columns, int padded)
    {
        float[] matrix = [.. Enumerable.Range(1, depth * columns).Select(it => (float)it)];
        OnnxTensor panels = FusedOperator.Panels("panels", matrix, columns);
        Assert.Equal([depth, padded], panels.Shape);
        for (int column = 0; column < padded; column++)
            for (int row = 0; row < depth; row++)
                Assert.Equal(column < columns ? matrix[row * columns + column] : 0, panels.Floats[column / 32 * depth * 32 + row * 32 + column % 32]);
    }
}
