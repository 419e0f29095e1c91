using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>The figures of one file or of all files pooled. Figures that would divide by nothing are null.</summary>
public record Scores
{
    /// <summary>Share of counted points whose class is right, 0 to 1.</summary>
    public required double? OverallAccuracy { get; init; }

    /// <summary>Mean of <see cref="ClassScore.Iou"/> over the classes that truth has.</summary>
    public required double? MeanIou { get; init; }

    /// <summary>All points.</summary>
    public required long Points { get; init; }

    /// <summary>Points whose truth is not ignored.</summary>
    public required long Counted { get; init; }

    /// <summary>A row for every class that truth or prediction has, ascending.</summary>
    public required IReadOnlyList<ClassScore> Classes { get; init; }

    /// <summary>Truth against prediction.</summary>
    public required ConfusionCounts Confusion { get; init; }

    /// <summary>What was left out.</summary>
    public required IgnoredPoints Ignored { get; init; }

    /// <summary>By decile of confidence; empty where predictions have none.</summary>
    public required IReadOnlyList<BinScore> Confidence { get; init; }

    /// <summary>By metres above the true ground nearby.</summary>
    public required IReadOnlyList<BinScore> Height { get; init; }

    /// <summary>By points per square metre within 5 m cells.</summary>
    public required IReadOnlyList<BinScore> Density { get; init; }

    /// <summary>Every kind of error, the most frequent first.</summary>
    public required IReadOnlyList<ConfusedPair> Errors { get; init; }
}

/// <summary>Everything that <c>evaluate</c> says: pooled over all files, then file by file.</summary>
public sealed record EvaluationReport : Scores
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    [SetsRequiredMembers]
    internal EvaluationReport(Scores pooled) : base(pooled) { }

    /// <summary>Mean, median and worst over files; a small file counts as much as a large one.</summary>
    [JsonPropertyOrder(1)]
    public SiteScores Sites { get; init; } = new(null, null);

    /// <summary>One entry per file, in order of name.</summary>
    [JsonPropertyOrder(1)]
    public IReadOnlyList<FileScores> Files { get; init; } = [];

    /// <summary>Codes that were replaced on both sides.</summary>
    [JsonPropertyOrder(1)]
    public IReadOnlyList<CodeMapping> Mapped { get; init; } = [];

    /// <summary>What the reader of the figures should know: files without partner, positions that differ, hints.</summary>
    [JsonPropertyOrder(1)]
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>One JSON object; property names in camel case.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, s_json);
}

/// <summary>The figures of one file.</summary>
public sealed record FileScores : Scores
{
    [SetsRequiredMembers]
    internal FileScores(string name, Scores scores) : base(scores) => Name = name;

    /// <summary>Path relative to the truth's folder, without extension.</summary>
    [JsonPropertyOrder(-1)]
    public string Name { get; }
}

/// <summary>One class.</summary>
/// <param name="Code">ASPRS code, after the map.</param>
/// <param name="Name">The standard's name.</param>
/// <param name="Truth">Points that truth gives the class.</param>
/// <param name="Predicted">Counted points that the prediction gives the class.</param>
/// <param name="Correct">Points where both agree on it.</param>
/// <param name="Iou">Correct ÷ (truth + predicted − correct); null where truth lacks the class.</param>
/// <param name="Precision">Correct ÷ predicted.</param>
/// <param name="Recall">Correct ÷ truth.</param>
public sealed record ClassScore(byte Code, string Name, long Truth, long Predicted, long Correct, double? Iou, double? Precision, double? Recall);

/// <summary>The confusion matrix.</summary>
/// <param name="Codes">The codes of rows and columns, ascending.</param>
/// <param name="Counts">Counted points; the row is the truth, the column the prediction.</param>
public sealed record ConfusionCounts(IReadOnlyList<int> Codes, IReadOnlyList<IReadOnlyList<long>> Counts);

/// <summary>Points left out because of their truth.</summary>
/// <param name="Points">How many.</param>
/// <param name="Share">Share of all points, 0 to 1.</param>
/// <param name="Classes">Which classes they are of.</param>
public sealed record IgnoredPoints(long Points, double Share, IReadOnlyList<IgnoredClass> Classes);

/// <summary>Points of one ignored class.</summary>
/// <param name="Code">ASPRS code, after the map.</param>
/// <param name="Name">The standard's name.</param>
/// <param name="Points">How many.</param>
public sealed record IgnoredClass(byte Code, string Name, long Points);

/// <summary>Accuracy within a range of some measure.</summary>
/// <param name="From">Lower edge, inclusive; null for none.</param>
/// <param name="To">Upper edge, exclusive; null for none.</param>
/// <param name="Points">Counted points in the range.</param>
/// <param name="Mean">Mean of the measure over them.</param>
/// <param name="Accuracy">Share of them whose class is right.</param>
public sealed record BinScore(double? From, double? To, long Points, double Mean, double Accuracy);

/// <summary>One kind of error.</summary>
/// <param name="Truth">The true code.</param>
/// <param name="TruthName">Its name.</param>
/// <param name="Predicted">The predicted code.</param>
/// <param name="PredictedName">Its name.</param>
/// <param name="Points">Points concerned.</param>
/// <param name="Share">Their share of the counted points.</param>
/// <param name="ShareOfErrors">Their share of all errors.</param>
/// <param name="MedianHeight">Median height above the true ground, metres, to 0.1 m; null where no ground is near.</param>
/// <param name="Examples">Up to three of them, to be looked at.</param>
public sealed record ConfusedPair(byte Truth, string TruthName, byte Predicted, string PredictedName, long Points, double Share, double ShareOfErrors,
    double? MedianHeight, IReadOnlyList<ErrorExample> Examples);

/// <summary>A point that is wrong.</summary>
/// <param name="File">Name of its file.</param>
/// <param name="PointIndex">Position in that file.</param>
/// <param name="X">Easting in the file's own units; null where the file has no positions.</param>
/// <param name="Y">Northing.</param>
/// <param name="Z">Height.</param>
public sealed record ErrorExample(string File, long PointIndex, double? X, double? Y, double? Z);

/// <summary>A code that was read as another.</summary>
/// <param name="From">The code in the files.</param>
/// <param name="To">The code that was compared.</param>
public sealed record CodeMapping(byte From, byte To);

/// <summary>How the files spread.</summary>
/// <param name="OverallAccuracy">Over the files that have counted points.</param>
/// <param name="MeanIou">Over the same files.</param>
public sealed record SiteScores(SiteSpread? OverallAccuracy, SiteSpread? MeanIou);

/// <summary>One figure over files.</summary>
/// <param name="Mean">Unweighted mean.</param>
/// <param name="Median">Median; the mean of the middle two where the number is even.</param>
/// <param name="Worst">The lowest.</param>
/// <param name="WorstFile">The file that has it.</param>
public sealed record SiteSpread(double Mean, double Median, double Worst, string WorstFile);
