using BatchSegmenter.Inference.FusedLayers;
using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Inference.Tests.FusedLayers;

/// <summary>Against sums number by number, to the bit.</summary>
public sealed unsafe class ByteTileTests
{
    private const int Rows = 2 * LayerTile.Rows + 3, Stride = 72, ResultStride = 40;

    public static TheoryData<int, bool> DepthsAndKinds
    {
        get
        {
            TheoryData<int, bool> all = [];
            foreach (int depth in (int[])[0, 8, 16, 24, 64, 72])
            {
                all.Add(depth, true);
                all.Add(depth, false);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(DepthsAndKinds))]
    public void Bytes_are_the_nearest_to_sums_by_factors_plus_bias_and_saturate(int depth, bool isSmall)
    {
        Operands it = new(depth, isSmall);
        byte[] result = new byte[Rows * ResultStride], narrow = new byte[result.Length];
        fixed (byte* a = it.Rows, wide = result, few = narrow)
        fixed (sbyte* panel = it.Panel)
        fixed (float* factors = it.Factors, bias = it.Bias)
        {
            ByteTile.Layer(a, Stride, Rows, depth, panel, isSmall, factors, bias, wide, ResultStride);
            ByteTile.Narrow(a, Stride, Rows, depth, panel, isSmall, factors, bias, few, ResultStride, ByteTile.Form.Bytes);
        }

        for (int row = 0; row < Rows; row++)
            for (int column = 0; column < ResultStride; column++)
                Assert.Equal(column < LayerTile.Columns ? Math.Clamp(MathF.Round(it.Real(row, column), MidpointRounding.ToEven), 0, 255) : 0, result[row * ResultStride + column]);
        Assert.Equal(result, narrow);
        if (depth > 0) Assert.True(result.Contains((byte)0) && result.Contains((byte)255) && result.Any(value => value is > 0 and < 255));
    }

    [Theory]
    [MemberData(nameof(DepthsAndKinds))]
    public void Numbers_are_sums_by_factors_plus_bias_where_positive(int depth, bool isSmall)
    {
        Operands it = new(depth, isSmall);
        float[] result = new float[Rows * ResultStride], narrow = new float[result.Length];
        fixed (byte* a = it.Rows)
        fixed (sbyte* panel = it.Panel)
        fixed (float* factors = it.Factors, bias = it.Bias, wide = result, few = narrow)
        {
            ByteTile.LayerToFloat(a, Stride, Rows, depth, panel, isSmall, factors, bias, wide, ResultStride);
            ByteTile.Narrow(a, Stride, Rows, depth, panel, isSmall, factors, bias, few, ResultStride, ByteTile.Form.Floats);
        }

        for (int row = 0; row < Rows; row++)
            for (int column = 0; column < ResultStride; column++)
                Assert.Equal(column < LayerTile.Columns ? Math.Max(0, it.Real(row, column)) : 0, result[row * ResultStride + column]);
        Assert.Equal(result, narrow);
    }

    [Theory]
    [MemberData(nameof(DepthsAndKinds))]
    public void The_largest_is_of_the_sums_and_what_was_there(int depth, bool isSmall)
    {
        Operands it = new(depth, isSmall);
        int[] largest = [.. Enumerable.Range(0, LayerTile.Columns).Select(column => column % 3 == 0 ? 100_000_000 : -100_000_000)];
        int[] expected = [.. largest.Select((before, column) => Math.Max(before, Enumerable.Range(0, Rows).Max(row => it.Sum(row, column))))], narrow = [.. largest];
        fixed (byte* a = it.Rows)
        fixed (sbyte* panel = it.Panel)
        fixed (int* wide = largest, few = narrow)
        {
            ByteTile.Largest(a, Stride, Rows, depth, panel, isSmall, wide);
            ByteTile.Narrow(a, Stride, Rows, depth, panel, isSmall, null, null, few, 0, ByteTile.Form.Largest);
        }
        Assert.Equal(expected, largest);
        Assert.Equal(expected, narrow);
    }

    /// <summary>Two or four products at once are what 16 bits just hold.</summary>
    [Theory]
    [InlineData(Int8Weights.LargestInFours, true)]
    [InlineData(-Int8Weights.LargestInFours, true)]
    [InlineData(Int8Weights.Largest, false)]
    [InlineData(-Int8Weights.Largest, false)]
    public void The_largest_bytes_and_weights_do_not_overflow(int weight, bool isSmall)
    {
        Operands it = new(64, isSmall);
        Array.Fill(it.Rows, byte.MaxValue);
        Array.Fill(it.Panel, (sbyte)weight);
        int[] largest = [.. Enumerable.Repeat(int.MinValue, LayerTile.Columns)], narrow = [.. largest];
        fixed (byte* a = it.Rows)
        fixed (sbyte* panel = it.Panel)
        fixed (int* wide = largest, few = narrow)
        {
            ByteTile.Largest(a, Stride, Rows, 64, panel, isSmall, wide);
            ByteTile.Narrow(a, Stride, Rows, 64, panel, isSmall, null, null, few, 0, ByteTile.Form.Largest);
        }
        Assert.All(largest, sum => Assert.Equal(64 * 255 * weight, sum));
        Assert.Equal(largest, narrow);
    }

    [Fact]
    public void Numbers_become_the_nearest_bytes()
    {
        float[] numbers = [0, -1, 0.25f, 0.75f, 1.25f, 127.4f, 127.49f, 127.5f, 128, 1e9f, 1e20f, float.PositiveInfinity, float.NegativeInfinity, -1e20f, .. new float[18], .. Enumerable.Range(0, 32).Select(i => i * 4.3f)];
        byte[] bytes = new byte[64];
        fixed (float* from = numbers)
        fixed (byte* to = bytes) FusedRows.Quantize(from, 64, 2, to);
        Assert.Equal(numbers.Select(number => (byte)Math.Clamp(MathF.Round(number * 2, MidpointRounding.ToEven), 0, 255)), bytes);
        Assert.Equal([0, 0, 0, 2, 2, 255, 255, 255, 255, 255, 255, 255, 0, 0], bytes[..14]);
    }

    private sealed class Operands
    {
        private readonly int _depth;
        private readonly byte[] _weights;

        public Operands(int depth, bool isSmall)
        {
            Random random = new(depth);
            _depth = depth;
            int largest = isSmall ? Int8Weights.LargestInFours : Int8Weights.Largest;
            random.NextBytes(Rows);
            _weights = [.. Enumerable.Range(0, Math.Max(8, depth) * LayerTile.Columns).Select(_ => (byte)(sbyte)random.Next(-largest, largest + 1))];
            Panel = [.. FusedOperator.BytePanels("panel", _weights, LayerTile.Columns).Bytes.ToArray().Select(value => (sbyte)value)];
            Factors = [.. Enumerable.Range(0, LayerTile.Columns).Select(_ => random.NextSingle() * 0.02f)];
            Bias = [.. Enumerable.Range(0, LayerTile.Columns).Select(_ => random.NextSingle() * 300 - 100)];
        }

        public byte[] Rows { get; } = new byte[ByteTileTests.Rows * Stride];

        public sbyte[] Panel { get; }

        public float[] Factors { get; }

        public float[] Bias { get; }

        public int Sum(int row, int column) => Enumerable.Range(0, _depth).Sum(k => Rows[row * Stride + k] * (sbyte)_weights[k * LayerTile.Columns + column]);

        public float Real(int row, int column) => MathF.FusedMultiplyAdd(Sum(row, column), Factors[column], Bias[column]);
    }
}
