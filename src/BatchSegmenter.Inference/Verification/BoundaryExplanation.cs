using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Inference.Verification;

/// <summary>
/// Whether golden scores that differ are those of the same network with some neighbours at the very boundary taken the other way, as rounding may have it: the
/// decisions are turned step by step, and those stay turned that bring the scores nearer.
/// </summary>
/// <param name="Scores">What was reached, as logarithms of probabilities, [rows, classes].</param>
/// <param name="Unturned">What the network gives with every decision as our kernels take it.</param>
/// <param name="AtBoundary">Decisions at the boundary.</param>
/// <param name="Turned">Those that were turned.</param>
/// <param name="Expanded">Whether distances computed as a² + b² − 2ab bring the scores nearer; decisions are turned from those that these make.</param>
internal sealed record BoundaryExplanation(float[] Scores, float[] Unturned, int AtBoundary, int Turned, bool Expanded)
{
    private const int MostRuns = 300;

    /// <summary>Tries to come nearer to the expected scores.</summary>
    /// <param name="model">A network that takes neighbourhoods.</param>
    /// <param name="block">The points.</param>
    /// <param name="expected">Logarithms of probabilities, [rows, classes].</param>
    /// <param name="tolerance">The largest difference at which nothing is left to explain.</param>
    public static BoundaryExplanation Find(SegmentationModel model, RawBlock block, double[] expected, double tolerance)
    {
        PointNet2Description network = model.Bundle.Description.PointNet2;
        BlockTensors tensors = block.WithNeighbourhoods(network);
        using Neighbourhoods neighbourhoods = tensors.Neighbourhoods;
        BoundaryDecisions boundary = new(neighbourhoods, tensors.Positions.Span);
        List<BoundaryDecisions.Decision> decisions = boundary.Find();
        float[] unturned = Score(), scores = unturned;
        (double largest, double sum) = Difference(scores);
        boundary.Expand(true);
        float[] withExpanded = Score();
        (double expandedLargest, double expandedSum) = Difference(withExpanded);
        bool expanded = expandedSum < sum;
        if (expanded) (scores, largest, sum) = (withExpanded, expandedLargest, expandedSum);
        else boundary.Expand(false);
        HashSet<BoundaryDecisions.Decision> turned = [];
        // Of a group's neighbours only the largest values count, so that one turned alone may change nothing: all of a group come first.
        BoundaryDecisions.Decision[][] steps =
        [
            .. decisions.GroupBy(decision => (decision.Level, decision.Group, decision.Sample)).Where(group => group.Count() > 1).Select(group => group.ToArray()),
            .. decisions.Select(decision => new[] { decision }),
        ];
        // What a step brings depends on the others, so the steps are gone through again as long as one helps.
        for (int run = 0, idle = 0; largest > tolerance && run < MostRuns && idle < steps.Length; run++, idle++)
        {
            BoundaryDecisions.Decision[] step = steps[run % steps.Length];
            foreach (BoundaryDecisions.Decision decision in step) boundary.Turn(decision);
            float[] other = Score();
            (double otherLargest, double otherSum) = Difference(other);
            if (otherSum < sum)
            {
                (scores, largest, sum, idle) = (other, otherLargest, otherSum, -1);
                turned.SymmetricExceptWith(step);
            }
            else
            {
                foreach (BoundaryDecisions.Decision decision in step) boundary.Turn(decision);
            }
        }
        return new BoundaryExplanation(scores, unturned, decisions.Count, turned.Count, expanded);

        float[] Score()
        {
            using BlockBatch batch = new(tensors);
            float[] raw = new float[expected.Length];
            model.Run(batch, raw);
            return LogProbabilities.Of(model.Bundle.Description.Output, raw, network.Classes);
        }

        // Roundings everywhere are no reason to keep a decision turned: what is within a tenth of the tolerance does not count.
        (double Largest, double Sum) Difference(float[] found)
        {
            (double largest, double sum) = (0, 0);
            for (int i = 0; i < found.Length; i++)
            {
                double difference = Math.Abs(expected[i] - found[i]);
                largest = Math.Max(largest, difference);
                if (difference > tolerance / 10) sum += difference;
            }
            return (largest, sum);
        }
    }
}
