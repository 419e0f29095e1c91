using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using BatchSegmenter.Inference.Calibration;

namespace BatchSegmenter.Commands.Model;

/// <summary>One network in figures.</summary>
/// <param name="Bytes">Size of its file.</param>
/// <param name="MillisecondsPerBlock">Median time of a block on one thread.</param>
/// <param name="MeanIou">Over all counted points of the surveys; null where none counts.</param>
/// <param name="Accuracy">Likewise.</param>
internal sealed record QuantizationFigures(long Bytes, double MillisecondsPerBlock, double? MeanIou, double? Accuracy);

/// <summary>One survey.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Counted">Points whose truth counts.</param>
/// <param name="MeanIouBefore">In single precision.</param>
/// <param name="MeanIouAfter">In int8.</param>
internal sealed record SurveyLoss(string Name, long Counted, double? MeanIouBefore, double? MeanIouAfter);

/// <summary>What quantising a bundle brought and cost: <c>quantization.json</c> in the bundle.</summary>
internal sealed record QuantizationReport
{
    /// <summary>How the report is written.</summary>
    public static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true, NewLine = "\n" };

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    /// <summary>Name, version and id of the bundle in single precision.</summary>
    public required string Source { get; init; }

    /// <summary>The network in single precision.</summary>
    public required QuantizationFigures Float { get; init; }

    /// <summary>The quantised one.</summary>
    public required QuantizationFigures Int8 { get; init; }

    /// <summary>How many times as fast it is.</summary>
    public double Speedup => Float.MillisecondsPerBlock / Int8.MillisecondsPerBlock;

    /// <summary>Points of mean IoU (hundredths) lost, negative where it gained; null where no point counts.</summary>
    public double? Loss => 100 * (Float.MeanIou - Int8.MeanIou);

    /// <summary>The most that may be lost.</summary>
    public required double MaxLoss { get; init; }

    /// <summary>Whether no more is lost; false, too, where nobody can tell.</summary>
    public bool Passed => Loss <= MaxLoss;

    /// <summary>Survey by survey.</summary>
    public required IReadOnlyList<SurveyLoss> Surveys { get; init; }

    /// <summary>Blocks calibrated with.</summary>
    public required int Blocks { get; init; }

    /// <summary>Share of those blocks' points that got another label.</summary>
    public required double LabelChange { get; init; }

    /// <summary>Every layer that could be quantised, and whether it was.</summary>
    public required IReadOnlyList<LayerFinding> Layers { get; init; }

    /// <summary>The processor that it was measured on.</summary>
    public required string Processor { get; init; }

    /// <summary>The version of ONNX Runtime.</summary>
    public required string Runtime { get; init; }

    /// <summary>The report as JSON; property names in camel case.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, Options)!.AsObject();
}
