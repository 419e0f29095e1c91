using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Quantization;

namespace BatchSegmenter.Inference.Calibration;

/// <summary>A quantised network and how it came about.</summary>
/// <param name="Graph">The network.</param>
/// <param name="Layers">Every layer that could be quantised, in the order of the network.</param>
/// <param name="LabelChange">Share of the calibration points that get another label than from the float network.</param>
/// <param name="ScoreChange">Mean absolute difference of a logarithm of a probability.</param>
/// <param name="Precision">The arithmetic of the layers that were quantised.</param>
public sealed record QuantizedNetwork(OnnxGraph Graph, IReadOnlyList<LayerFinding> Layers, double LabelChange, double ScoreChange, ModelPrecision Precision = ModelPrecision.Int8)
{
    /// <summary>The network by which accuracy is judged on the processor, where that is not what an accelerator makes of <see cref="Graph"/>; null for <see cref="Graph"/>.</summary>
    public OnnxGraph? Imitation { get; init; }
}

/// <summary>
/// Static int8 quantisation of a network, or half precision, by what it does on real blocks. Each layer is tried alone first; those that change too many labels stay
/// in single precision, and where all others together change too many, those that change most follow.
/// </summary>
public static class NetworkQuantization
{
    /// <summary>
    /// The share of numbers at either end of a layer's range that may saturate. Of the shipped network's labels on the validation surveys 0.093 %
    /// changed with it, 0.107 % with a tenth of it, and 0.130 % with the ends themselves.
    /// </summary>
    public const double Outliers = 1e-4;

    /// <summary>A layer that alone changes more of the labels stays in float.</summary>
    public const double MostLabelChangeOfLayer = 0.005;

    /// <summary>All quantised layers together may change so many of the labels.</summary>
    public const double MostLabelChange = 0.01;

    /// <summary>Quantises a bundle's network.</summary>
    /// <param name="bundle">A bundle in single precision that takes neighbourhoods.</param>
    /// <param name="blocks">Real blocks, at least one; they are all held against every layer.</param>
    /// <param name="note">Is told what is being done; null for nobody.</param>
    /// <exception cref="InvalidModelBundleException">There is no layer to quantise, or the network gives numbers that are none.</exception>
    public static QuantizedNetwork Quantize(ModelBundle bundle, IReadOnlyList<BlockTensors> blocks, Action<string>? note = null)
    {
        RequireBlocks(blocks);
        IReadOnlyList<LinearNode> layers = LinearNode.Find(bundle.Graph);
        if (layers.Count == 0)
            throw new InvalidModelBundleException(bundle.Folder, $"the network has no linear layer of at least {LinearNode.LeastInputs} to {LinearNode.LeastOutputs} channels, which alone would be faster with integers");
        note?.Invoke($"measuring what {layers.Count} layers read on {blocks.Count} blocks");
        Dictionary<LinearNode, LayerScales> scales = Scales(bundle, layers, blocks);
        QuantizedNetwork network = Choose(bundle, blocks, layers, chosen => GraphQuantization.Apply(bundle.Graph, chosen.ToDictionary(layer => layer, layer => scales[layer])), Refine, note);
        return network with { Layers = [.. network.Layers.Zip(layers).Select(pair => pair.First with { Scale = scales[pair.Second].Input.Scale, ZeroPoint = scales[pair.Second].Input.ZeroPoint })] };

        // A layer that loses too much with small weights gets larger ones before it stays in float.
        bool Refine(LinearNode layer)
        {
            if (scales[layer].LargestWeight == Int8Weights.Largest) return false;
            scales[layer] = scales[layer] with { LargestWeight = Int8Weights.Largest };
            return true;
        }
    }

    /// <summary>Brings a bundle's network to half precision, for accelerators. What that costs is measured with <see cref="HalfPrecision.Imitate"/>.</summary>
    /// <inheritdoc cref="Quantize"/>
    public static QuantizedNetwork Halve(ModelBundle bundle, IReadOnlyList<BlockTensors> blocks, Action<string>? note = null)
    {
        RequireBlocks(blocks);
        IReadOnlyList<LinearNode> layers = HalfPrecision.Layers(bundle.Graph);
        QuantizedNetwork network = Choose(bundle, blocks, layers, chosen => HalfPrecision.Imitate(bundle.Graph, chosen), refine: _ => false, note);
        OnnxGraph graph = HalfPrecision.Apply(bundle.Graph, layers.Zip(network.Layers).Where(pair => pair.Second.Quantized).Select(pair => pair.First));
        return network with { Graph = graph, Imitation = network.Graph, Precision = ModelPrecision.Fp16 };
    }

    private static void RequireBlocks(IReadOnlyList<BlockTensors> blocks)
    {
        if (blocks.Count == 0) throw new ArgumentException("Calibration takes at least one block.", nameof(blocks));
    }

    private static QuantizedNetwork Choose(
        ModelBundle bundle, IReadOnlyList<BlockTensors> blocks, IReadOnlyList<LinearNode> layers, Func<IEnumerable<LinearNode>, OnnxGraph> apply, Func<LinearNode, bool> refine, Action<string>? note)
    {
        Judge judge = new(bundle, blocks);
        note?.Invoke("quantising one layer at a time");
        List<LayerFinding> findings = [];
        foreach (LinearNode layer in layers)
        {
            LayerFinding finding = Alone(layer);
            if (!finding.Quantized && refine(layer)) finding = Alone(layer);
            findings.Add(finding);
        }

        while (true)
        {
            OnnxGraph graph = apply(layers.Zip(findings).Where(pair => pair.Second.Quantized).Select(pair => pair.First));
            (double labels, double scores) = judge.Change(graph);
            note?.Invoke(FormattableString.Invariant($"{findings.Count(finding => finding.Quantized)} layers quantised: {labels:P3} of labels change"));
            if (!findings.Exists(finding => finding.Quantized))
                throw new InvalidModelBundleException(bundle.Folder, FormattableString.Invariant($"the network can't be quantised: each of its {layers.Count} layers alone changes more than {MostLabelChangeOfLayer:P1} of the labels of {blocks.Count} calibration blocks (from {findings.Min(finding => finding.LabelChange):P2} to {findings.Max(finding => finding.LabelChange):P2}), or all that do not change more than {MostLabelChange:P2} together"));
            if (labels <= MostLabelChange) return new QuantizedNetwork(graph, findings, labels, scores);
            LayerFinding worst = findings.Where(finding => finding.Quantized).MaxBy(finding => finding.LabelChange)!;
            int place = findings.IndexOf(worst);
            findings[place] = refine(layers[place]) ? Alone(layers[place]) : worst with { Quantized = false };
        }

        LayerFinding Alone(LinearNode layer)
        {
            (double labels, double change) = judge.Change(apply([layer]));
            return new LayerFinding(layer.Name, layer.Inputs, layer.Outputs, null, null, labels, change, labels <= MostLabelChangeOfLayer);
        }
    }

    private static Dictionary<LinearNode, LayerScales> Scales(ModelBundle bundle, IReadOnlyList<LinearNode> layers, IReadOnlyList<BlockTensors> blocks)
    {
        Dictionary<string, ActivationRange> ranges = layers.Select(layer => layer.Input).Concat(layers.Select(layer => layer.Pooling?.Pooled).OfType<string>()).Distinct().ToDictionary(name => name, _ => new ActivationRange());
        using CalibrationSession session = new(bundle.Graph, [.. ranges.Keys]);
        foreach (Action<ActivationRange, float[]> look in (Action<ActivationRange, float[]>[])[(range, values) => range.Widen(values), (range, values) => range.Count(values)])
        {
            foreach (BlockTensors block in blocks)
            {
                Dictionary<string, float[]> seen = session.Run(block);
                if (bundle.Graph.Inputs.Any(input => input.Name == "features")) seen["features"] = block.Features.ToArray();
                seen["positions"] = block.Positions.ToArray();
                foreach ((string name, ActivationRange range) in ranges) look(range, seen[name]);
            }
        }

        return layers.ToDictionary(layer => layer, layer => new LayerScales(ScaleOf(layer.Input), layer.Pooling is { } pooling ? ScaleOf(pooling.Pooled) : null, LargestWeight(layer)));

        // What is added to other things first has no bias and is never fused; the runtime's own operators are as fast with larger weights.
        static int LargestWeight(LinearNode layer) => layer is { Bias: null, Pooling: null } ? Int8Weights.Largest : Int8Weights.LargestInFours;

        Int8Scale ScaleOf(string tensor)
        {
            ActivationRange range = ranges[tensor];
            if (!float.IsFinite(range.Least) || !float.IsFinite(range.Greatest))
                throw new InvalidModelBundleException(bundle.Folder, FormattableString.Invariant($"the numbers in {tensor} lie between {range.Least} and {range.Greatest} on real blocks; such a network can't be quantised"));
            (float least, float greatest) = range.Without(Outliers);
            return Int8Scale.Of(least, greatest);
        }
    }

    /// <summary>Holds graphs against the float network's scores.</summary>
    private sealed class Judge
    {
        private readonly ModelDescription _description;
        private readonly IReadOnlyList<BlockTensors> _blocks;
        private readonly double[][] _expected;

        public Judge(ModelBundle bundle, IReadOnlyList<BlockTensors> blocks)
        {
            (_description, _blocks) = (bundle.Description, blocks);
            _expected = [.. Scores(bundle.Graph).Select(scores => Array.ConvertAll(scores, score => (double)score))];
        }

        public (double Labels, double Scores) Change(OnnxGraph graph)
        {
            ScoreDifference difference = new();
            foreach ((double[] expected, float[] found) in _expected.Zip(Scores(graph)))
                difference.Add(expected, found, _description.Architecture.Classes, unclear: -1);
            return (1 - difference.Agreement, difference.Mean);
        }

        private IEnumerable<float[]> Scores(OnnxGraph graph)
        {
            using CalibrationSession session = new(graph);
            foreach (BlockTensors block in _blocks)
                yield return LogProbabilities.Of(_description.Output, session.Run(block)[PointNet2Graph.Scores], _description.Architecture.Classes);
        }
    }
}
