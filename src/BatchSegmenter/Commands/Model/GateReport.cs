using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace BatchSegmenter.Commands.Model;

/// <summary>One network in figures.</summary>
/// <param name="Bytes">Size of its file.</param>
/// <param name="MillisecondsPerBlock">Median time of a block on one thread.</param>
/// <param name="MeanIou">Over all counted points of the surveys; null where none counts.</param>
/// <param name="Accuracy">Likewise.</param>
internal sealed record NetworkFigures(long Bytes, double MillisecondsPerBlock, double? MeanIou, double? Accuracy);

/// <summary>One survey.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Counted">Points whose truth counts.</param>
/// <param name="MeanIouBefore">Of the source.</param>
/// <param name="MeanIouAfter">Of the bundle made of it.</param>
internal sealed record SurveyLoss(string Name, long Counted, double? MeanIouBefore, double? MeanIouAfter);

/// <summary>What making a smaller or faster bundle of another one brought and cost.</summary>
internal record GateReport
{
    /// <summary>How a report is written.</summary>
    public static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true, NewLine = "\n" };

    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    /// <summary>Name, version and id of the source.</summary>
    public required string Source { get; init; }

    /// <summary>The source's network.</summary>
    public required NetworkFigures Before { get; init; }

    /// <summary>The network made of it.</summary>
    public required NetworkFigures After { get; init; }

    /// <summary>How many times as fast it is.</summary>
    public double Speedup => Before.MillisecondsPerBlock / After.MillisecondsPerBlock;

    /// <summary>Points of mean IoU (hundredths) lost, negative where it gained; null where no point counts.</summary>
    public double? Loss => 100 * (Before.MeanIou - After.MeanIou);

    /// <summary>The most that may be lost.</summary>
    public required double MaxLoss { get; init; }

    /// <summary>Whether no more is lost; false, too, where nobody can tell.</summary>
    public bool Passed => Loss <= MaxLoss;

    /// <summary>Survey by survey.</summary>
    public required IReadOnlyList<SurveyLoss> Surveys { get; init; }

    /// <summary>Blocks calibrated with.</summary>
    public required int Blocks { get; init; }

    /// <summary>Whether the blocks are of other surveys than those that judge.</summary>
    public required bool CalibratedApart { get; init; }

    /// <summary>The processor that it was measured on.</summary>
    public required string Processor { get; init; }

    /// <summary>The version of ONNX Runtime.</summary>
    public required string Runtime { get; init; }

    /// <summary>The report as JSON; property names in camel case.</summary>
    public JsonObject ToJson() => JsonSerializer.SerializeToNode(this, GetType(), Options)!.AsObject();
}
