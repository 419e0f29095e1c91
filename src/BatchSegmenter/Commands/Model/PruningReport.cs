using System.Diagnostics.CodeAnalysis;
using BatchSegmenter.Onnx.Pruning;

namespace BatchSegmenter.Commands.Model;

/// <summary>What pruning a bundle brought and cost: <c>prune.json</c> in the bundle.</summary>
internal sealed record PruningReport : GateReport
{
    /// <param name="compared">Both bundles in figures.</param>
    /// <param name="keep">The share of multiply-adds that was asked for.</param>
    /// <param name="network">How the pruned network came about.</param>
    [SetsRequiredMembers]
    public PruningReport(GateReport compared, double keep, PrunedNetwork network) : base(compared) =>
        (Keep, MultiplyAddsBefore, MultiplyAddsAfter, Widths) = (keep, network.WorkBefore, network.WorkAfter, network.Widths);

    /// <summary>The share of multiply-adds that was asked for.</summary>
    public double Keep { get; }

    /// <summary>Multiply-adds of a block before.</summary>
    public long MultiplyAddsBefore { get; }

    /// <summary>The same after.</summary>
    public long MultiplyAddsAfter { get; }

    /// <summary>Steps of training that followed.</summary>
    public int FineTuningSteps { get; init; }

    /// <summary>Mean IoU before them; null where there were none.</summary>
    public double? MeanIouUntrained { get; init; }

    /// <summary>Mean IoU after them; where it is less, the bundle has the network as it was before.</summary>
    public double? MeanIouTrained { get; init; }

    /// <summary>Every width of the network.</summary>
    public IReadOnlyList<PrunedWidth> Widths { get; }
}
