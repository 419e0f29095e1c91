namespace BatchSegmenter.Onnx.Networks;

/// <summary>A linear layer ready to run: <c>y = x·W + b</c>.</summary>
/// <param name="Name">The checkpoint's prefix, such as <c>levels.0.0.1</c>.</param>
/// <param name="Inputs">Rows of <paramref name="Weight"/>.</param>
/// <param name="Outputs">Columns of <paramref name="Weight"/>.</param>
/// <param name="Weight">[inputs, outputs], row-major: transposed against the checkpoint, so that rows of an input channel are one run.</param>
/// <param name="Bias">[outputs].</param>
internal sealed record LinearLayer(string Name, int Inputs, int Outputs, float[] Weight, float[] Bias)
{
    /// <summary>The weights of input channels <paramref name="first"/> to <paramref name="first"/> + <paramref name="count"/>.</summary>
    public ReadOnlySpan<float> Rows(int first, int count) => Weight.AsSpan(first * Outputs, count * Outputs);
}
