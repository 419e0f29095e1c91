namespace BatchSegmenter.Onnx.Quantization;

/// <summary>How real numbers stand as unsigned bytes: <c>real = Scale · (byte − ZeroPoint)</c>. Zero is always exact.</summary>
/// <param name="Scale">The step between two bytes, positive.</param>
/// <param name="ZeroPoint">The byte of 0. Where it is 0, saturation does what ReLU does.</param>
public readonly record struct Int8Scale(float Scale, byte ZeroPoint)
{
    /// <summary>The finest scale that holds a range of numbers, widened to hold 0.</summary>
    /// <param name="least">The least number; 0 or more gives the zero point 0.</param>
    /// <param name="greatest">The greatest number.</param>
    /// <exception cref="ArgumentException">The range is not finite, or its ends are the wrong way round.</exception>
    public static Int8Scale Of(float least, float greatest)
    {
        if (!float.IsFinite(least) || !float.IsFinite(greatest) || least > greatest)
            throw new ArgumentException(FormattableString.Invariant($"The numbers from {least} to {greatest} can't be held in bytes; expected two finite ends, the lesser first."));
        (double low, double high) = (Math.Min(least, 0), Math.Max(greatest, 0));
        double scale = (high - low) / byte.MaxValue;
        // A layer that only ever sees zeros, or steps too small to be normal numbers: any scale will do.
        if (scale < 1e-30) return new Int8Scale(1, 0);
        return new Int8Scale((float)scale, (byte)Math.Round(-low / scale, MidpointRounding.ToEven));
    }

    /// <summary>The byte nearest to a number, ties to the even one, as ONNX's <c>QuantizeLinear</c> rounds; beyond the range its end.</summary>
    public byte Quantize(float value) => (byte)Math.Clamp(MathF.Round(value / Scale, MidpointRounding.ToEven) + ZeroPoint, byte.MinValue, byte.MaxValue);

    /// <summary>The number that a byte stands for.</summary>
    public float Dequantize(byte value) => Scale * (value - ZeroPoint);
}
