using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Quantization;

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

    [Theory]
    [InlineData(8, 32, 8, 32)]
    [InlineData(3, 33, 8, 64)]
    [InlineData(13, 1, 16, 32)]
    public void Panels_of_bytes_hold_four_rows_of_a_column_side_by_side(int rows, int columns, int depth, int padded)
    {
        byte[] matrix = [.. Enumerable.Range(1, rows * columns).Select(it => (byte)it)];
        OnnxTensor panels = FusedOperator.BytePanels("panels", matrix, columns);
        Assert.Equal((ElementType.Int8, depth * padded), (panels.Type, panels.Bytes.Length));
        Assert.Equal([depth, padded], panels.Shape);
        for (int column = 0; column < padded; column++)
            for (int row = 0; row < depth; row++)
                Assert.Equal(column < columns && row < rows ? matrix[row * columns + column] : 0, panels.Bytes.Span[column / 32 * depth * 32 + row / 4 * 128 + column % 32 * 4 + row % 4]);
    }

    [Fact]
    public void Terms_are_told_column_by_column()
    {
        byte[] weights = [1, 251, 3, 4];
        OnnxTensor terms = FusedOperator.ByteTerms("terms", weights, [0.5f, 2], [7, 8], 0.25f, pooled: null);
        Assert.Equal([2, 4], terms.Shape);
        Assert.Equal([0.125f, 7, 0.25f, 5, 0.5f, 8, 0.25f, 5], terms.Floats);
        Assert.Equal([0.125f, 7, 0.25f, 5, 3, 9], FusedOperator.ByteTerms("terms", weights, [0.5f], [7], 0.25f, new Int8Scale(3, 9)).Floats);
    }
}
