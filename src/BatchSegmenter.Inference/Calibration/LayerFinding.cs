namespace BatchSegmenter.Inference.Calibration;

/// <summary>What was measured of a layer, and what became of it.</summary>
/// <param name="Name">The layer's node.</param>
/// <param name="Inputs">Input channels.</param>
/// <param name="Outputs">Output channels.</param>
/// <param name="Scale">The step between two bytes of what it reads; null in half precision.</param>
/// <param name="ZeroPoint">The byte that stands for 0; likewise.</param>
/// <param name="LabelChange">Share of the calibration points whose label changes when this layer alone is quantised.</param>
/// <param name="ScoreChange">Mean absolute difference of a logarithm of a probability, then.</param>
/// <param name="Quantized">Whether it was quantised; else it stays in single precision.</param>
public sealed record LayerFinding(string Name, int Inputs, int Outputs, float? Scale, byte? ZeroPoint, double LabelChange, double ScoreChange, bool Quantized);
