using System.Numerics;

namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>PointNet++ (Qi, Yi, Su, Guibas 2017) and PointNeXt (Qian et al. 2022), one step of the definition after the other.</summary>
internal sealed class PlainPointNet2
{
    private readonly PointNet2Description _description;
    private readonly PlainLayer? _stem;
    private readonly PlainLevel[] _levels;
    private readonly PlainLayer[][] _propagation;
    private readonly PlainLayer[] _head;

    public PlainPointNet2(PointNet2Description description, PlainLayers layers)
    {
        _description = description;
        if (description.Stem > 0) _stem = layers.Take("stem", description.Features, description.Stem, relu: false);
        _levels = new PlainLevel[description.Levels.Count];
        for (int level = 0; level < _levels.Length; level++) _levels[level] = new PlainLevel(description, level, layers);

        int width = description.LevelWidth(_levels.Length);
        _propagation = new PlainLayer[description.Propagation.Count][];
        for (int step = 0; step < _propagation.Length; step++)
        {
            IReadOnlyList<int> widths = description.Propagation[step].Widths;
            _propagation[step] = layers.Chain($"propagation.{step}", description.SkipWidth(step) + width, widths);
            width = widths[^1];
        }
        width *= 1 + (description.Global?.Count ?? 0);
        _head = layers.Chain("head", width, [.. description.Head, description.Classes], lastRelu: false);
    }

    public PlainEvaluation Evaluate(float[] points, int category)
    {
        PlainEvaluation evaluation = new();
        int channels = _description.PointChannels, firstFeature = _description.PositionsAsFeatures ? 0 : 3;
        int count = points.Length / channels;
        Vector3[] positions = new Vector3[count];
        double[][] features = new double[count][];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> point = points.AsSpan(i * channels, channels);
            positions[i] = new Vector3(point[0], point[1], point[2]);
            features[i] = new double[_description.Features];
            for (int f = 0; f < features[i].Length; f++) features[i][f] = point[firstFeature + f];
        }
        if (_stem is not null) features = evaluation.Keep("stem", PlainRows.Through([_stem], features));

        List<PlainPoints> levels = [new(positions, features)];
        foreach (PlainLevel level in _levels) levels.Add(level.Evaluate(levels[^1], evaluation));

        double[][] current = levels[^1].Features;
        for (int step = 0; step < _propagation.Length; step++)
        {
            int level = _levels.Length - 1 - step;
            current = Interpolate(levels[level].Positions, levels[level + 1].Positions, current, evaluation);
            if (_description.Propagation[step].Skip) current = PlainRows.Join(Own(levels[level], level, category), current);
            current = evaluation.Keep($"propagation.{step}", PlainRows.Through(_propagation[step], current));
        }
        if (_description.Global is { } kinds)
        {
            double[] block = [.. kinds.SelectMany(kind => kind == GlobalFeature.Mean ? PlainRows.Mean(current) : PlainRows.Largest(current))];
            current = [.. current.Select(row => (double[])[.. row, .. block])];
        }
        evaluation.Keep("scores", PlainRows.Through(_head, current));
        return evaluation;
    }

    private double[][] Interpolate(Vector3[] fine, Vector3[] coarse, double[][] features, PlainEvaluation evaluation)
    {
        (int[] nearest, double[] weights) = PlainNeighbourhoods.ThreeNearest(fine, coarse, _description.Interpolation);
        evaluation.KeepNearest(nearest, weights);
        double[][] result = new double[fine.Length][];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = new double[features[0].Length];
            for (int n = 3 * i; n < 3 * i + 3; n++)
                for (int channel = 0; channel < result[i].Length; channel++) result[i][channel] += weights[n] * features[nearest[n]][channel];
        }
        return result;
    }

    /// <summary>What stands before the interpolated features: the finer level's own; at the block's points of a network with categories, category and positions first.</summary>
    private double[][] Own(PlainPoints points, int level, int category)
    {
        if (level > 0 || _description.Categories == 0) return points.Features;
        double[] oneHot = new double[_description.Categories];
        oneHot[category] = 1;
        return PlainRows.Join([.. points.Positions.Select(p => (double[])[.. oneHot, p.X, p.Y, p.Z])], points.Features);
    }
}
