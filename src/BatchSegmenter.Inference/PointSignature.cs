using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference;

/// <summary>How a network that takes points alone takes them and gives scores.</summary>
/// <param name="Input">Name of the input of points.</param>
/// <param name="Layout">Order of its axes.</param>
/// <param name="Scores">Name of the output.</param>
/// <param name="ScoresLayout">Order of its axes, where points are scored.</param>
/// <param name="FixedBatch">Blocks that a run must have, or null for any number.</param>
/// <param name="FixedPoints">Points that a block must have, or null for any number.</param>
internal sealed record PointSignature(string Input, PointLayout Layout, string Scores, PointLayout ScoresLayout, int? FixedBatch, int? FixedPoints)
{
    /// <summary>The name of the input that tells the category.</summary>
    public const string Category = "category";

    /// <summary>Finds the inputs and the output that a description asks for, and checks that they have its sizes.</summary>
    /// <exception cref="InvalidModelBundleException">Network and description disagree.</exception>
    public static PointSignature Of(OnnxGraph graph, ModelDescription description, string folder)
    {
        NetworkDescription network = description.Architecture;
        ForeignNetworkDescription foreign = network as ForeignNetworkDescription ?? new ForeignNetworkDescription { Features = network.Features, Classes = network.Classes };
        bool wholes = network.Task == NetworkTask.Classification;
        int channelAxis = foreign.Layout == PointLayout.ChannelsFirst ? 1 : 2;

        OnnxValue input = Find(graph.Inputs, "input", foreign.Input);
        Rank(input, "input", 3);
        Extent(input, "input", channelAxis, network.PointChannels, $"the {network.PointChannels} channels of a point");
        (int? batch, int? points) = ((int?)input.Shape[0].Size, (int?)input.Shape[3 - channelAxis].Size);
        if (points < description.Input.Block.Points)
            throw Disagree($"{ModelBundle.NetworkFile} takes blocks of {points} points, but input.block.points is {description.Input.Block.Points}");
        if (network.Categories > 0)
        {
            OnnxValue category = Find(graph.Inputs, "input", Category);
            Rank(category, "input", 2);
            Extent(category, "input", 1, network.Categories, $"the {network.Categories} categories");
        }

        string? stranger = graph.Inputs.Select(it => it.Name).FirstOrDefault(name => name != foreign.Input && (name != Category || network.Categories == 0));
        if (stranger is not null) throw Disagree($"{ModelBundle.NetworkFile} has the input {stranger}, which the architecture in {ModelBundle.DescriptionFile} does not");

        OnnxValue scores = Find(graph.Outputs, "output", foreign.Scores);
        Rank(scores, "output", wholes ? 2 : 3);
        Extent(scores, "output", wholes || foreign.ScoresLayout == PointLayout.ChannelsFirst ? 1 : 2, network.Classes, $"the {network.Classes} classes");
        return new PointSignature(foreign.Input, foreign.Layout, foreign.Scores, foreign.ScoresLayout, batch, points);

        OnnxValue Find(IReadOnlyList<OnnxValue> values, string kind, string name)
        {
            OnnxValue found = values.FirstOrDefault(it => it.Name == name)
                ?? throw Disagree($"the architecture in {ModelBundle.DescriptionFile} asks for the {kind} {name}; {ModelBundle.NetworkFile} has {string.Join(", ", values)}");
            return found.Type == ElementType.Float32 ? found : throw Disagree($"the {kind} {found} is not of float32");
        }

        void Rank(OnnxValue value, string kind, int rank)
        {
            if (value.Shape.Count != rank) throw Disagree($"the {kind} {value} has {value.Shape.Count} axes; expected {rank}");
        }

        void Extent(OnnxValue value, string kind, int axis, int expected, string what)
        {
            if (value.Shape[axis].Size is long found && found != expected) throw Disagree($"the {kind} {value} has {found} on axis {axis}; expected {what}");
        }

        InvalidModelBundleException Disagree(string how) => new(folder, $"network and description disagree: {how}");
    }
}
