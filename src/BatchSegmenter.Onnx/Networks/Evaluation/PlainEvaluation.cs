namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>
/// All that an evaluation of one block came by: scores, which points were sampled and grouped, and what each part of the network gave.
/// Rows are points or samples, with a value per channel. Levels are numbered from 0, level <c>l</c> of the description; "the level before"
/// is the block's points for the first.
/// </summary>
public sealed class PlainEvaluation
{
    private readonly Dictionary<string, double[][]> _layers = [];
    private readonly List<int[]> _samples = [];
    private readonly List<int[][]> _neighbors = [];
    private readonly List<int[][]> _blockNeighbors = [];
    private readonly List<int[]> _nearest = [];
    private readonly List<double[]> _weights = [];

    internal PlainEvaluation()
    {
    }

    /// <summary>Raw scores, before any softmax: a row per point, or a single one from a classification, of a score per class.</summary>
    public IReadOnlyList<double[]> Scores => _layers["scores"];

    /// <summary>
    /// Outputs by name, in the order of computing. PointNet++: <c>stem</c>, <c>levels.{l}.{scale}</c> pooled, <c>levels.{l}.blocks.{b}</c>,
    /// <c>levels.{l}</c> with all its scales and behind its blocks, <c>propagation.{step}</c>, <c>scores</c>. PointNet: <c>inputTransform</c> and
    /// <c>featureTransform</c> (the matrices, identity added), <c>points</c> (features per point, turned), <c>encoder</c> (pooled), <c>scores</c>.
    /// </summary>
    public IReadOnlyDictionary<string, double[][]> Layers => _layers;

    /// <summary>Per level, the samples as indices of the level before; empty for a level of all points.</summary>
    public IReadOnlyList<int[]> Samples => _samples;

    /// <summary>Per level and scale, [samples, k] indices of the level before; for a level of all points, all of them.</summary>
    public IReadOnlyList<int[][]> Neighbors => _neighbors;

    /// <summary>Per level and residual block, [samples, k] indices of the level's own samples.</summary>
    public IReadOnlyList<int[][]> BlockNeighbors => _blockNeighbors;

    /// <summary>Per level, [points of the level before, 3] indices of the level's samples; no levels for classification.</summary>
    public IReadOnlyList<int[]> Nearest => _nearest;

    /// <summary>Per level, [points of the level before, 3] the weights of <see cref="Nearest"/>; they sum to 1.</summary>
    public IReadOnlyList<double[]> NearestWeights => _weights;

    /// <summary>The logarithm of each row's softmax, as many networks return their scores.</summary>
    public double[][] LogSoftmax()
    {
        return [.. Scores.Select(Row)];

        static double[] Row(double[] scores)
        {
            double largest = scores.Max();
            double logarithm = largest + Math.Log(scores.Sum(score => Math.Exp(score - largest)));
            return [.. scores.Select(score => score - logarithm)];
        }
    }

    /// <summary>The class of each row: of equal scores the lowest.</summary>
    public int[] Labels() => [.. Scores.Select(scores => Array.IndexOf(scores, scores.Max()))];

    internal double[][] Keep(string name, double[][] rows) => _layers[name] = rows;

    internal void KeepLevel(int[] samples, int[][] neighbors, int[][] blockNeighbors)
    {
        _samples.Add(samples);
        _neighbors.Add(neighbors);
        _blockNeighbors.Add(blockNeighbors);
    }

    /// <summary>Propagation begins at the coarsest level: what comes later belongs before.</summary>
    internal void KeepNearest(int[] nearest, double[] weights)
    {
        _nearest.Insert(0, nearest);
        _weights.Insert(0, weights);
    }
}
