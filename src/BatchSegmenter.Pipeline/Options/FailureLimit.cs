using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace BatchSegmenter.Pipeline.Options;

/// <summary>
/// How much of a run may fail before it stops: <c>unlimited</c>, a number of inputs (<c>10</c>), a share of them (<c>1%</c>), or a share of their points
/// (<c>0.5% of points</c>). Only more than that stops it: a limit of 0 stops at the first failure, one of 100 % never does.
/// </summary>
/// <param name="Amount">Inputs or per cent, 0 or more.</param>
/// <param name="Measure">What the amount counts.</param>
[JsonConverter(typeof(AsText))]
public readonly record struct FailureLimit(decimal Amount, FailureMeasure Measure)
{
    internal const string Expected = "a number of inputs, a share of them such as \"1%\", a share of the points such as \"0.5% of points\", or \"unlimited\"";

    private const string OfPoints = " of points";

    /// <summary>Nothing stops the run.</summary>
    public static FailureLimit Unlimited { get; } = new(100, FailureMeasure.ShareOfInputs);

    /// <summary>So many inputs may fail.</summary>
    public static FailureLimit OfInputs(int count) => new(count, FailureMeasure.Inputs);

    /// <summary>Whether nothing is too much.</summary>
    public bool IsUnlimited => Measure != FailureMeasure.Inputs && Amount >= 100;

    /// <summary>Whether <paramref name="failed"/> of <paramref name="all"/> (inputs or points, as <see cref="Measure"/> says) is more than may fail.</summary>
    public bool IsExceeded(long failed, long all) => !IsUnlimited && (Measure == FailureMeasure.Inputs ? failed > Amount : 100m * failed > Amount * all);

    /// <summary>Reads what <see cref="ToString"/> gives; null where the text is nothing of the kind.</summary>
    public static FailureLimit? Parse(string text)
    {
        if (text == "unlimited") return Unlimited;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int inputs)) return OfInputs(inputs);
        bool ofPoints = text.EndsWith(OfPoints, StringComparison.Ordinal);
        string share = ofPoints ? text[..^OfPoints.Length] : text;
        return share.EndsWith('%') && decimal.TryParse(share[..^1].TrimEnd(' '), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal percent) && percent <= 100
            ? new(percent, ofPoints ? FailureMeasure.ShareOfPoints : FailureMeasure.ShareOfInputs)
            : null;
    }

    /// <summary>The limit as the pipeline file gives it.</summary>
    public override string ToString() => IsUnlimited ? "unlimited" : Measure switch
    {
        FailureMeasure.Inputs => Amount.ToString(CultureInfo.InvariantCulture),
        FailureMeasure.ShareOfInputs => string.Create(CultureInfo.InvariantCulture, $"{Amount}%"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Amount}%{OfPoints}"),
    };

    private sealed class AsText : JsonConverter<FailureLimit>
    {
        public override FailureLimit Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            (reader.TokenType == JsonTokenType.String ? Parse(reader.GetString()!) : reader.TryGetInt32(out int inputs) && inputs >= 0 ? OfInputs(inputs) : null)
            ?? throw new JsonException($"expected {Expected}");

        public override void Write(Utf8JsonWriter writer, FailureLimit limit, JsonSerializerOptions options)
        {
            if (limit.Measure == FailureMeasure.Inputs) writer.WriteNumberValue(limit.Amount);
            else writer.WriteStringValue(limit.ToString());
        }
    }
}

/// <summary>What a <see cref="FailureLimit"/> counts.</summary>
public enum FailureMeasure
{
    /// <summary>Inputs.</summary>
    Inputs,

    /// <summary>Inputs that failed, of all of the run, per cent.</summary>
    ShareOfInputs,

    /// <summary>Points of inputs that failed, of all of the run, per cent.</summary>
    ShareOfPoints,
}
