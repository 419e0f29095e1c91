namespace BatchSegmenter.Onnx.Quantization;

/// <summary>
/// A layer's weights as signed bytes with a scale for each output channel and the zero point 0. They use seven of the eight bits at most, −63 to 63: processors without
/// VNNI add two products in 16 bits, which 255 · 127 twice would overflow; so all processors compute the same. Where six bits are enough, −31 to 31, four products fit, which
/// is a third faster with the instructions that .NET has (<c>BatchSegmenter.Inference/FusedLayers/ByteTile</c>).
/// </summary>
/// <param name="Values">[inputs, outputs], row-major.</param>
/// <param name="Scales">[outputs], positive: <c>weight = scale · value</c>.</param>
public sealed record Int8Weights(sbyte[] Values, float[] Scales)
{
    /// <summary>The largest value of all.</summary>
    public const int Largest = 63;

    /// <summary>The largest value of which four products fit 16 bits.</summary>
    public const int LargestInFours = 31;

    /// <summary>Scales that are tried: the largest weight may be so many steps too large for the bytes, in eighths of a step.</summary>
    private const int Trials = 64;

    /// <summary>Quantises weights; each output channel has the scale that changes its weights least, by their squares. A few of the largest may saturate.</summary>
    /// <param name="weights">[inputs, outputs], row-major, finite.</param>
    /// <param name="outputs">Columns.</param>
    /// <param name="largest">The largest value, <see cref="Largest"/> or <see cref="LargestInFours"/>.</param>
    public static Int8Weights Of(ReadOnlySpan<float> weights, int outputs, int largest)
    {
        float[] scales = new float[outputs];
        sbyte[] values = new sbyte[weights.Length];
        float[] column = new float[weights.Length / outputs];
        for (int output = 0; output < outputs; output++)
        {
            for (int input = 0; input < column.Length; input++) column[input] = weights[input * outputs + output];
            scales[output] = Scale(column, largest);
            for (int input = 0; input < column.Length; input++) values[input * outputs + output] = (sbyte)Step(column[input], scales[output], largest);
        }
        return new Int8Weights(values, scales);
    }

    private static float Scale(ReadOnlySpan<float> weights, int largest)
    {
        float greatest = 0;
        foreach (float weight in weights) greatest = Math.Max(greatest, Math.Abs(weight));
        // A channel without weights keeps zeros at any scale.
        if (greatest < 1e-30f) return 1;
        (float best, double least) = (0, double.PositiveInfinity);
        for (int trial = 0; trial < Trials; trial++)
        {
            float scale = greatest / (largest + trial / 8f);
            double change = 0;
            foreach (float weight in weights)
            {
                double each = weight - (double)scale * Step(weight, scale, largest);
                change += each * each;
            }
            if (change < least) (best, least) = (scale, change);
        }
        return best;
    }

    private static float Step(float weight, float scale, int largest) => Math.Clamp(MathF.Round(weight / scale, MidpointRounding.ToEven), -largest, largest);
}
