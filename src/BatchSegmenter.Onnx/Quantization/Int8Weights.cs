namespace BatchSegmenter.Onnx.Quantization;

/// <summary>
/// A layer's weights as signed bytes with a scale for each output channel and the zero point 0. They use seven of the eight bits, −63 to 63:
/// processors without VNNI add two products in 16 bits, which 255 · 127 twice would overflow; so all processors compute the same.
/// </summary>
/// <param name="Values">[inputs, outputs], row-major.</param>
/// <param name="Scales">[outputs], positive: <c>weight = scale · value</c>.</param>
public sealed record Int8Weights(sbyte[] Values, float[] Scales)
{
    /// <summary>The largest value.</summary>
    public const int Largest = 63;

    /// <summary>Quantises weights; each output channel's largest becomes ±<see cref="Largest"/>.</summary>
    /// <param name="weights">[inputs, outputs], row-major, finite.</param>
    /// <param name="outputs">Columns.</param>
    public static Int8Weights Of(ReadOnlySpan<float> weights, int outputs)
    {
        float[] scales = new float[outputs];
        for (int i = 0; i < weights.Length; i++) scales[i % outputs] = Math.Max(scales[i % outputs], Math.Abs(weights[i]));
        // A channel without weights keeps zeros at any scale.
        foreach (ref float scale in scales.AsSpan()) scale = scale < 1e-30f ? 1 : scale / Largest;
        sbyte[] values = new sbyte[weights.Length];
        for (int i = 0; i < weights.Length; i++)
            values[i] = (sbyte)Math.Clamp(MathF.Round(weights[i] / scales[i % outputs], MidpointRounding.ToEven), -Largest, Largest);
        return new Int8Weights(values, scales);
    }
}
