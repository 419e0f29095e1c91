using System.Numerics;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Verification;

/// <summary>
/// The decisions in a block's neighbourhoods that rounding alone makes: points whose distance is the radius, and samples that are third nearest as much as
/// fourth, within what float32 loses where distances are computed as a² + b² − 2ab, as much code does. Each can be taken the other way.
/// </summary>
internal sealed class BoundaryDecisions
{
    // Of a² + b²: two roundings of that size in the sum, and cancellation leaves them all.
    private const float Rounding = 1f / (1 << 22);

    private readonly Neighbourhoods _neighbourhoods;
    private readonly PointNet2Description _network;
    private readonly Vector3[][] _points;
    private readonly HashSet<(int Level, int Group, int Sample, int Point)> _turned = [];
    private bool _expanded;

    /// <param name="neighbourhoods">Those of the block, which <see cref="Turn"/> changes.</param>
    /// <param name="positions">[points, 3].</param>
    public BoundaryDecisions(Neighbourhoods neighbourhoods, ReadOnlySpan<float> positions)
    {
        (_neighbourhoods, _network) = (neighbourhoods, neighbourhoods.Description);
        _points = new Vector3[neighbourhoods.Levels + 1][];
        _points[0] = new Vector3[positions.Length / 3];
        for (int i = 0; i < _points[0].Length; i++) _points[0][i] = new Vector3(positions.Slice(3 * i, 3));
        for (int level = 1; level <= neighbourhoods.Levels; level++)
            _points[level] = _network.Levels[level - 1].All ? [Vector3.Zero] : [.. neighbourhoods.Samples(level).ToArray().Select(index => _points[level - 1][index])];
    }

    /// <summary>A decision: whether a point belongs to a sample's group, or, with group −1, which sample is a point's third nearest.</summary>
    public readonly record struct Decision(int Level, int Group, int Sample, int Point, float Closeness);

    /// <summary>All decisions that would change a group, those first that are closest to the boundary.</summary>
    public List<Decision> Find()
    {
        List<Decision> found = [];
        for (int level = 1; level <= _neighbourhoods.Levels; level++)
        {
            SetAbstractionDescription it = _network.Levels[level - 1];
            for (int group = 0; !it.All && group < it.Scales.Count + _neighbourhoods.BlockCount(level); group++) FindInGroup(level, group, found);
            if (_network.Task == NetworkTask.Segmentation) FindNearest(level, found);
        }
        found.Sort((a, b) => a.Closeness != b.Closeness ? a.Closeness.CompareTo(b.Closeness) : (a.Level, a.Group, a.Sample, a.Point).CompareTo((b.Level, b.Group, b.Sample, b.Point)));
        return found;
    }

    /// <summary>
    /// Computes distances as a² + b² − 2ab from here on, or as our kernels do again, and takes all neighbourhoods and weights anew: that formula gives a point
    /// that is its own sample a distance other than 0, and so other weights.
    /// </summary>
    public void Expand(bool expanded)
    {
        _expanded = expanded;
        for (int level = 1; level <= _neighbourhoods.Levels; level++)
        {
            SetAbstractionDescription it = _network.Levels[level - 1];
            for (int group = 0; !it.All && group < it.Scales.Count + _neighbourhoods.BlockCount(level); group++)
                for (int sample = 0; sample < _points[level].Length; sample++) Regroup(level, group, sample);
            if (_network.Task != NetworkTask.Segmentation || _points[level].Length < 3) continue;
            for (int i = 0; i < _points[level - 1].Length; i++)
            {
                Span<int> nearest = _neighbourhoods.Nearest(level).Span.Slice(3 * i, 3);
                nearest[0] = Nearest(_points[level - 1][i], _points[level], -1, -1);
                nearest[1] = Nearest(_points[level - 1][i], _points[level], nearest[0], -1);
                Reweigh(level, i, -1);
            }
        }
    }

    /// <summary>Takes a decision the other way, or back.</summary>
    public void Turn(Decision decision)
    {
        (int, int, int, int) key = (decision.Level, decision.Group, decision.Sample, decision.Point);
        if (!_turned.Remove(key)) _turned.Add(key);
        if (decision.Group < 0) Reweigh(decision.Level, decision.Sample, decision.Point);
        else Regroup(decision.Level, decision.Group, decision.Sample);
    }

    private (float Radius, int Count, Vector3[] Among, Memory<int> Neighbors) Group(int level, int group)
    {
        SetAbstractionDescription it = _network.Levels[level - 1];
        if (group < it.Scales.Count) return (it.Scales[group].Radius, it.Scales[group].Neighbors, _points[level - 1], _neighbourhoods.Neighbors(level, group));
        int block = group - it.Scales.Count;
        return (it.Blocks![block].Radius, it.Blocks[block].Neighbors, _points[level], _neighbourhoods.BlockNeighbors(level, block));
    }

    private void FindInGroup(int level, int group, List<Decision> found)
    {
        (float radius, int count, Vector3[] among, Memory<int> neighbors) = Group(level, group);
        for (int sample = 0; sample < _points[level].Length; sample++)
        {
            Vector3 centre = _points[level][sample];
            ReadOnlySpan<int> members = neighbors.Span.Slice(sample * count, count);
            // Behind the last member of a full group nothing matters.
            int end = members[^1] > members[0] ? members[^1] + 1 : among.Length;
            for (int point = 0; point < end; point++)
            {
                float off = Math.Abs(Squared(centre, among[point]) - radius * radius), rounding = Rounding * (centre.LengthSquared() + among[point].LengthSquared());
                if (off <= rounding) found.Add(new Decision(level, group, sample, point, off / rounding));
            }
        }
    }

    private void Regroup(int level, int group, int sample)
    {
        (float radius, int count, Vector3[] among, Memory<int> neighbors) = Group(level, group);
        Span<int> members = neighbors.Span.Slice(sample * count, count);
        int taken = 0;
        for (int point = 0; point < among.Length && taken < count; point++)
        {
            float squared = Distance(_points[level][sample], among[point]);
            bool within = _network.RadiusExclusive ? squared < radius * radius : squared <= radius * radius;
            if (within != _turned.Contains((level, group, sample, point))) members[taken++] = point;
        }
        members[taken..].Fill(taken > 0 ? members[0] : 0);
    }

    /// <summary>A fourth sample that is as near as the third; the decision's sample is the fine point, its point the rival.</summary>
    private void FindNearest(int level, List<Decision> found)
    {
        Vector3[] fine = _points[level - 1], coarse = _points[level];
        ReadOnlySpan<int> nearest = _neighbourhoods.Nearest(level).Span;
        for (int i = 0; coarse.Length > 3 && i < fine.Length; i++)
        {
            ReadOnlySpan<int> three = nearest.Slice(3 * i, 3);
            float third = Squared(fine[i], coarse[three[2]]);
            for (int rival = 0; rival < coarse.Length; rival++)
            {
                if (three.Contains(rival)) continue;
                float off = Squared(fine[i], coarse[rival]) - third, rounding = 2 * Rounding * (fine[i].LengthSquared() + coarse[rival].LengthSquared());
                if (off <= rounding) found.Add(new Decision(level, -1, i, rival, off / rounding));
            }
        }
    }

    private void Reweigh(int level, int i, int rival)
    {
        Vector3[] fine = _points[level - 1], coarse = _points[level];
        Span<int> nearest = _neighbourhoods.Nearest(level).Span.Slice(3 * i, 3);
        Span<float> weights = _neighbourhoods.Weights(level).Span.Slice(3 * i, 3);
        nearest[2] = _turned.Contains((level, -1, i, rival)) ? rival : Nearest(fine[i], coarse, nearest[0], nearest[1]);
        float sum = 0;
        for (int n = 0; n < 3; n++)
        {
            float squared = Distance(fine[i], coarse[nearest[n]]);
            weights[n] = 1 / ((_network.Interpolation == InterpolationWeight.InverseSquaredDistance ? squared : MathF.Sqrt(squared)) + 1e-8f);
            sum += weights[n];
        }
        foreach (ref float weight in weights) weight /= sum;
    }

    private int Nearest(Vector3 point, Vector3[] coarse, int first, int second)
    {
        int best = -1;
        for (int c = 0; c < coarse.Length; c++)
            if (c != first && c != second && (best < 0 || Distance(point, coarse[c]) < Distance(point, coarse[best]))) best = c;
        return best;
    }

    // Products in the order and with the fused additions that libraries for matrices have.
    private float Distance(Vector3 a, Vector3 b) => !_expanded
        ? Squared(a, b)
        : -2 * MathF.FusedMultiplyAdd(a.Z, b.Z, MathF.FusedMultiplyAdd(a.Y, b.Y, a.X * b.X)) + (a.X * a.X + a.Y * a.Y + a.Z * a.Z) + (b.X * b.X + b.Y * b.Y + b.Z * b.Z);

    private static float Squared(Vector3 a, Vector3 b)
    {
        (float x, float y, float z) = (a.X - b.X, a.Y - b.Y, a.Z - b.Z);
        return x * x + y * y + z * z;
    }
}
