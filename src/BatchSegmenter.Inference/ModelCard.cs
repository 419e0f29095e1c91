using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference;

/// <summary>The page that tells people what a model is, how it was trained and how well it does: a bundle's <c>card.md</c>.</summary>
public static class ModelCard
{
    /// <summary>The card's name inside a bundle.</summary>
    public const string FileName = "card.md";

    /// <summary>Writes the card. The same description gives the same text.</summary>
    /// <param name="description">All that the card says.</param>
    /// <param name="parameters">Trained parameters of the network.</param>
    public static string Write(ModelDescription description, long parameters)
    {
        StringBuilder card = new();
        Line(card, $"# {description.Name} {description.Version}\n");
        if (description.Description.Length > 0) Line(card, $"{description.Description}\n");
        Classes(card, description);
        Input(card, description);
        Network(card, description.Architecture, parameters);
        if (description.Provenance is { Count: > 0 } provenance)
        {
            Line(card, $"## Training\n");
            Bullets(card, provenance, "");
            card.Append('\n');
        }
        if (description.Metrics is { } metrics)
        {
            // Whole runs say more than the trainer's blocks, where a class that a survey lacks counts as missed.
            if (metrics["evaluations"] is JsonObject evaluations) Evaluations(card, evaluations);
            else Metrics(card, metrics, description.Classes);
        }
        return card.ToString().TrimEnd('\n') + "\n";
    }

    private static void Classes(StringBuilder card, ModelDescription description)
    {
        Line(card, $"## Classes\n");
        Line(card, $"| id | class | ASPRS code |\n|---|---|---|");
        foreach (ClassDescription it in description.Classes)
        {
            string code = it.ByHeight is null
                ? it.Asprs?.ToString(CultureInfo.InvariantCulture) ?? $"none, labelled {it.Id}"
                : string.Join(", ", it.ByHeight.Select(step => step.Below is double limit ? Text($"{step.Asprs} below {limit} m") : $"{step.Asprs} above")) + " (height above ground)";
            Line(card, $"| {it.Id} | {it.Name} | {code} |");
        }
        card.Append('\n');
    }

    private static void Input(StringBuilder card, ModelDescription description)
    {
        InputDescription input = description.Input;
        Line(card, $"## Input\n");
        Line(card, $"Points are thinned on a grid of {input.Thinning.Edge} m by {input.Thinning.Height} m (height) and seen in blocks of {input.Block.Points}, of which {input.Block.Core} are labelled.");
        Line(card, $"Block coordinates are divided by {(input.Unit == BlockUnit.Spacing ? "the local point spacing" : "one metre")}.");
        if (description.Trained is { } trained) Line(card, $"Trained for {trained.Density[0]} to {trained.Density[1]} points per square metre.");
        Line(card, $"\n| feature | where a file lacks it |\n|---|---|");
        foreach (FeatureDescription feature in input.Features)
            Line(card, $"| {feature.Name} | {(feature.Missing == MissingFeature.Fill ? "filled" : "the file is refused")} |");
        card.Append('\n');
    }

    private static void Network(StringBuilder card, NetworkDescription network, long parameters)
    {
        Line(card, $"## Network\n");
        switch (network)
        {
            case PointNet2Description pointNet2:
                PointNet2(card, pointNet2, parameters);
                break;
            case PointNetDescription pointNet:
                Line(card, $"PointNet with {parameters:N0} parameters. Encoder {string.Join("-", pointNet.Encoder)}; head {string.Join("-", pointNet.Head.Append(network.Classes))}.\n");
                break;
            default:
                Line(card, $"A graph of another origin: points of {network.Features} channels in, scores of {network.Classes} classes out.\n");
                break;
        }
    }

    private static void PointNet2(StringBuilder card, PointNet2Description network, long parameters)
    {
        Line(card, $"{(network.Stem > 0 ? "PointNeXt" : "PointNet++")} with {parameters:N0} parameters. Radii are in the unit of block coordinates.\n");
        bool blocks = network.Levels.Any(level => level.Blocks is { Count: > 0 });
        Line(card, $"| level | samples | radius, neighbours, widths |{(blocks ? " residual blocks |" : "")}\n|---|---|---|{(blocks ? "--:|" : "")}");
        for (int level = 0; level < network.Levels.Count; level++)
        {
            SetAbstractionDescription it = network.Levels[level];
            string samples = it switch
            {
                { All: true } => "all points as one group",
                { Samples: int count } => Text($"{count}"),
                { Stride: int stride } => Text($"one in {stride} of the level before"),
                _ => Text($"{it.Ratio * 100}% of the level before"),
            };
            IEnumerable<string> scales = it.Scales.Select(scale => it.All ? string.Join("-", scale.Widths) : Text($"{scale.Radius}, {scale.Neighbors}, {string.Join("-", scale.Widths)}"));
            Line(card, $"| {level + 1} | {samples} | {string.Join("; ", scales)} |{(blocks ? Text($" {it.Blocks?.Count ?? 0} |") : "")}");
        }
        string propagation = network.Propagation.Count == 0 ? "Without propagation" : $"Propagation {string.Join(", ", network.Propagation.Select(step => string.Join("-", step.Widths)))}";
        Line(card, $"\n{propagation}; head {string.Join("-", network.Head.Append(network.Classes))}.\n");
    }

    /// <summary>The trainer's best epoch as a table with a row per validation file; anything else as it stands.</summary>
    private static void Metrics(StringBuilder card, JsonObject metrics, IReadOnlyList<ClassDescription> classes)
    {
        Line(card, $"## Metrics\n");
        if (metrics["best"]?["validation"] is not JsonObject validation || validation["files"] is not JsonObject files)
        {
            Bullets(card, metrics, "");
            return;
        }
        Line(card, $"Validation on surveys that training did not see, block by block as in training, without voting.\n");
        Line(card, $"| survey | points | accuracy | mean IoU | {string.Join(" | ", classes.Select(it => it.Name))} |");
        Line(card, $"|---|{string.Concat(Enumerable.Repeat("--:|", 3 + classes.Count))}");
        foreach ((string file, JsonNode? figures) in files) Row(Path.GetFileName(file), figures);
        Row("all points together", validation);
        Line(card, $"\nMean over surveys of the mean IoU: {Figure(validation["meanOverFiles"])}.");

        void Row(string name, JsonNode? figures)
        {
            IEnumerable<string> iou = classes.Select((_, id) => Figure(figures?["iou"] is JsonArray values && id < values.Count ? values[id] : null));
            Line(card, $"| {name} | {figures?["points"]} | {Figure(figures?["accuracy"])} | {Figure(figures?["meanIoU"])} | {string.Join(" | ", iou)} |");
        }
    }

    /// <summary>Whole runs compared with the truth by <c>evaluate</c>: a table each, a row per survey.</summary>
    private static void Evaluations(StringBuilder card, JsonObject evaluations)
    {
        foreach ((string name, JsonNode? evaluation) in evaluations)
        {
            Line(card, $"## Whole runs: {name}\n");
            Line(card, $"Every point of every file, as `run` labels it and `evaluate` counts it.\n");
            Line(card, $"| survey | points counted | accuracy | mean IoU | IoU per class |\n|---|--:|--:|--:|---|");
            foreach ((string file, JsonNode? figures) in evaluation!["files"]!.AsObject()) Row(file, figures!);
            Row("all points together", evaluation["pooled"]!);
            card.Append('\n');
        }

        void Row(string name, JsonNode figures) =>
            Line(card, $"| {name} | {figures["points"]} | {Figure(figures["accuracy"])} | {Figure(figures["meanIoU"])} | {string.Join(", ", figures["iou"]!.AsObject().Select(it => $"{it.Key} {Figure(it.Value)}"))} |");
    }

    private static string Figure(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out double figure) ? figure.ToString("0.000", CultureInfo.InvariantCulture) : "–";

    private static void Bullets(StringBuilder card, JsonObject content, string indent)
    {
        foreach ((string key, JsonNode? value) in content)
        {
            switch (value)
            {
                case JsonObject inner:
                    Line(card, $"{indent}- {key}:");
                    Bullets(card, inner, indent + "  ");
                    break;
                case JsonArray list when list.All(item => item is JsonValue):
                    Line(card, $"{indent}- {key}: {string.Join(", ", list.Select(item => item!.ToString()))}");
                    break;
                default:
                    Line(card, $"{indent}- {key}: {(value is JsonArray ? value.ToJsonString() : value?.ToString() ?? "null")}");
                    break;
            }
        }
    }

    private static string Text(FormattableString text) => FormattableString.Invariant(text);

    private static void Line(StringBuilder card, FormattableString text) => card.Append(FormattableString.Invariant(text)).Append('\n');
}
