using System.Text.Json.Serialization;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>The order of the axes of a foreign network's tensors.</summary>
public enum PointLayout
{
    /// <summary>[batch, channels, points].</summary>
    ChannelsFirst,

    /// <summary>[batch, points, channels].</summary>
    PointsFirst,
}

/// <summary>
/// A network of which no more is known than its ONNX graph: points in, scores out. The channels of
/// <see cref="NetworkDescription.Features"/> are all that it takes; the first three need not be positions.
/// </summary>
public sealed record ForeignNetworkDescription : NetworkDescription
{
    /// <summary>The name of the graph's input of points.</summary>
    public string Input { get; init; } = "points";

    /// <summary>The order of the input's axes.</summary>
    public PointLayout Layout { get; init; }

    /// <summary>The name of the graph's output of scores.</summary>
    public string Scores { get; init; } = "scores";

    /// <summary>The order of the output's axes, classes being the channels.</summary>
    public PointLayout ScoresLayout { get; init; } = PointLayout.PointsFirst;

    /// <inheritdoc/>
    [JsonIgnore]
    public override int PointChannels => Features;

    private protected override void Validate(DescriptionCheck check)
    {
        check.Require(Features >= 1, "features", Features, "at least 1");
        check.Require(Input.Length > 0, "input", "empty", "a name");
        check.Require(Scores.Length > 0, "scores", "empty", "a name");
        check.Require(Task == NetworkTask.Segmentation, "task", Task, "segmentation");
    }
}
