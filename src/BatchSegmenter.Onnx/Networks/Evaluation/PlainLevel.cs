using System.Numerics;

namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>The points or samples of a level.</summary>
internal readonly record struct PlainPoints(Vector3[] Positions, double[][] Features);

/// <summary>A set abstraction: samples, their neighbours' features through layers and pooled, and what PointNeXt puts behind that.</summary>
internal sealed class PlainLevel
{
    private readonly SetAbstractionDescription _description;
    private readonly string _name;
    private readonly bool _exclusive;
    private readonly PlainLayer[][] _scales;
    private readonly PlainLayer? _residual;
    private readonly PlainLayer[][] _blocks;

    public PlainLevel(PointNet2Description network, int level, PlainLayers layers)
    {
        _description = network.Levels[level];
        _name = $"levels.{level}";
        _exclusive = network.RadiusExclusive;
        int inputs = network.LevelWidth(level), outputs = network.LevelWidth(level + 1);

        // What is added to the pooled features of a residual level comes before its last ReLU.
        _scales = [.. _description.Scales.Select((scale, s) => layers.Chain($"{_name}.{s}", 3 + inputs, scale.Widths, lastRelu: !_description.Residual))];
        if (_description.Residual && inputs != outputs) _residual = layers.Take($"{_name}.residual", inputs, outputs, relu: false);
        _blocks = [.. (_description.Blocks ?? []).Select((block, b) => (PlainLayer[])
        [
            layers.Take($"{_name}.blocks.{b}.0", 3 + outputs, outputs, relu: true),
            layers.Take($"{_name}.blocks.{b}.1", outputs, block.Hidden, relu: true),
            layers.Take($"{_name}.blocks.{b}.2", block.Hidden, outputs, relu: false),
        ])];
    }

    public PlainPoints Evaluate(PlainPoints before, PlainEvaluation evaluation)
    {
        int[] samples = _description.All ? [] : PlainNeighbourhoods.FarthestPoints(before.Positions, _description.SampleCount(before.Positions.Length));
        Vector3[] centres = _description.All ? [Vector3.Zero] : [.. samples.Select(sample => before.Positions[sample])];
        int[][] neighbors = new int[_scales.Length][];
        double[][]? features = null;
        for (int s = 0; s < _scales.Length; s++)
        {
            ScaleDescription scale = _description.Scales[s];
            neighbors[s] = _description.All
                ? [.. Enumerable.Range(0, before.Positions.Length)]
                : PlainNeighbourhoods.Ball(before.Positions, centres, scale.Radius, scale.Neighbors, _exclusive);
            float unit = _description.RelativeByRadius ? scale.Radius : 1;
            double[][] pooled = evaluation.Keep($"{_name}.{s}", Pool(before, centres, neighbors[s], unit, _description.FeaturesFirst, _scales[s]));
            features = features is null ? pooled : PlainRows.Join(features, pooled);
        }
        if (_description.Residual)
        {
            double[][] own = [.. samples.Select(sample => before.Features[sample])];
            features = PlainRows.AddAndRelu(features!, _residual is null ? own : PlainRows.Through([_residual], own));
        }

        int[][] blockNeighbors = new int[_blocks.Length][];
        for (int b = 0; b < _blocks.Length; b++)
        {
            ResidualBlockDescription block = _description.Blocks![b];
            blockNeighbors[b] = PlainNeighbourhoods.Ball(centres, centres, block.Radius, block.Neighbors, _exclusive);
            float unit = _description.RelativeByRadius ? block.Radius : 1;
            double[][] pooled = Pool(new(centres, features!), centres, blockNeighbors[b], unit, featuresFirst: false, _blocks[b][..1]);
            features = evaluation.Keep($"{_name}.blocks.{b}", PlainRows.AddAndRelu(PlainRows.Through(_blocks[b][1..], pooled), features!));
        }
        evaluation.KeepLevel(samples, neighbors, blockNeighbors);
        return new PlainPoints(centres, evaluation.Keep(_name, features!));
    }

    /// <summary>Per centre the largest of each channel over its neighbours' relative positions and features, each through the layers.</summary>
    private static double[][] Pool(PlainPoints points, Vector3[] centres, int[] neighbors, float unit, bool featuresFirst, PlainLayer[] layers)
    {
        int count = neighbors.Length / centres.Length;
        double[][] result = new double[centres.Length][];
        Parallel.For(0, centres.Length, c =>
        {
            double[][] group = new double[count][];
            for (int n = 0; n < count; n++)
            {
                Vector3 position = points.Positions[neighbors[c * count + n]];
                double[] features = points.Features[neighbors[c * count + n]];
                double[] relative =
                [
                    ((double)position.X - centres[c].X) / unit,
                    ((double)position.Y - centres[c].Y) / unit,
                    ((double)position.Z - centres[c].Z) / unit,
                ];
                group[n] = featuresFirst ? [.. features, .. relative] : [.. relative, .. features];
                foreach (PlainLayer layer in layers) group[n] = layer.Apply(group[n]);
            }
            result[c] = PlainRows.Largest(group);
        });
        return result;
    }
}
