using System.Diagnostics;

namespace BatchSegmenter.Inference.Calibration;

/// <summary>Compares the speed of two networks on the same blocks, by turns, so that both have the machine's good and bad moments.</summary>
public static class RunTiming
{
    /// <summary>Runs after loading that are not counted: their memory is new.</summary>
    private const int WarmUp = 3;

    /// <summary>The median time of a block in each network, in milliseconds.</summary>
    /// <param name="first">One bundle.</param>
    /// <param name="second">The other one; it takes the same blocks.</param>
    /// <param name="blocks">At least one.</param>
    /// <param name="rounds">Runs of each that count, at least 1.</param>
    /// <param name="threads">Threads of a run.</param>
    public static (double First, double Second) Compare(ModelBundle first, ModelBundle second, IReadOnlyList<BlockTensors> blocks, int rounds, int threads)
    {
        SegmentationModelOptions options = new() { ThreadsPerRun = threads };
        using SegmentationModel one = SegmentationModel.Load(first, options), other = SegmentationModel.Load(second, options);
        double[] ones = new double[rounds], others = new double[rounds];
        for (int round = -WarmUp; round < rounds; round++)
        {
            BlockTensors block = blocks[(round + WarmUp) % blocks.Count];
            (double a, double b) = (Milliseconds(one, block), Milliseconds(other, block));
            if (round >= 0) (ones[round], others[round]) = (a, b);
        }
        return (Median(ones), Median(others));
    }

    private static double Milliseconds(SegmentationModel model, BlockTensors block)
    {
        using BlockBatch batch = new(block);
        float[] scores = new float[batch.Rows * model.ClassCount];
        long start = Stopwatch.GetTimestamp();
        model.Run(batch, scores);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
    }
}
