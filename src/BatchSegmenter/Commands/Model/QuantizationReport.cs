using System.Diagnostics.CodeAnalysis;
using BatchSegmenter.Inference.Calibration;

namespace BatchSegmenter.Commands.Model;

/// <summary>What quantising a bundle brought and cost: <c>quantization.json</c> in the bundle.</summary>
internal sealed record QuantizationReport : GateReport
{
    /// <param name="compared">Both bundles in figures.</param>
    /// <param name="precision">The arithmetic of the network made.</param>
    /// <param name="network">How it came about.</param>
    [SetsRequiredMembers]
    public QuantizationReport(GateReport compared, string precision, QuantizedNetwork network) : base(compared) =>
        (Precision, LabelChange, Layers) = (precision, network.LabelChange, network.Layers);

    /// <summary>The arithmetic of the network made.</summary>
    public string Precision { get; }

    /// <summary>Share of the calibration blocks' points that got another label.</summary>
    public double LabelChange { get; }

    /// <summary>Every layer that could be quantised, and whether it was.</summary>
    public IReadOnlyList<LayerFinding> Layers { get; }
}
