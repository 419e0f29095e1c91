using System.Numerics.Tensors;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Pruning;

namespace BatchSegmenter.Inference.Calibration;

/// <summary>Measures what the layers of a network give on real blocks.</summary>
public static class NetworkMeasurement
{
    /// <summary>Rows of a tensor that count, of a block; spread evenly. Neighbours of a sample are much alike.</summary>
    private const int Rows = 1024;

    /// <summary>Runs the network as it is defined, with nothing rewritten, on every block.</summary>
    /// <param name="weights">Layers with a bias and without batch norm, of a segmentation network of plain levels.</param>
    /// <param name="blocks">At least one.</param>
    public static NetworkStatistics Measure(PointNet2Weights weights, IReadOnlyList<BlockTensors> blocks)
    {
        if (blocks.Count == 0) throw new ArgumentException("Measuring takes at least one block.", nameof(blocks));
        PointNet2Description network = weights.Description;
        PrunableWidth[] widths = [.. PrunableWidth.Of(network)];
        Dictionary<string, Moments> given = widths.ToDictionary(width => width.Layer, width => new Moments(width.Width, products: true));
        Dictionary<string, Moments> before = widths.ToDictionary(width => width.Layer, width => new Moments(width.Width, products: false));
        string last = $"head.{network.Head.Count}";
        before[last] = new Moments(network.Classes, products: false);
        using CalibrationSession session = new(PointNet2Graph.Plain(weights), [.. widths.Select(width => width.Tensor), .. widths.Select(Biased)]);
        foreach (BlockTensors block in blocks)
        {
            Dictionary<string, float[]> seen = session.Run(block);
            Parallel.ForEach(widths, width =>
            {
                given[width.Layer].Add(seen[width.Tensor]);
                before[width.Layer].Add(seen[Biased(width)]);
            });
            before[last].Add(seen[PointNet2Graph.Scores]);
        }
        return new NetworkStatistics(given.ToDictionary(pair => pair.Key, pair => pair.Value.Means()), before.ToDictionary(pair => pair.Key, pair => pair.Value.Spread()));
    }

    private static string Biased(PrunableWidth width) => $"{width.Layer}.biased";

    /// <summary>Sums over rows: of products of channels and the constant 1, or of channels and their squares.</summary>
    private sealed class Moments(int channels, bool products)
    {
        private readonly double[] _sums = new double[products ? (channels + 1) * (channels + 1) : 2 * channels];
        private long _rows;

        public void Add(float[] tensor)
        {
            int rows = tensor.Length / channels, taken = Math.Min(rows, Rows);
            double[] row = new double[channels + 1];
            row[channels] = 1;
            for (int i = 0; i < taken; i++)
            {
                ReadOnlySpan<float> values = tensor.AsSpan((int)((long)i * rows / taken) * channels, channels);
                TensorPrimitives.ConvertChecked(values, row.AsSpan(0, channels));
                if (products) AddProducts(row);
                else AddSquares(row.AsSpan(0, channels));
            }
            _rows += taken;
        }

        public double[] Means()
        {
            double[] means = new double[_sums.Length];
            TensorPrimitives.Divide(_sums, _rows, means);
            return means;
        }

        public ChannelSpread Spread()
        {
            double[] means = Means();
            return new ChannelSpread(means[..channels], [.. Enumerable.Range(0, channels).Select(channel => Math.Max(means[channels + channel] - means[channel] * means[channel], 0))]);
        }

        private void AddProducts(double[] row)
        {
            for (int channel = 0; channel < row.Length; channel++)
            {
                // Half of the channels are 0 after ReLU.
                if (row[channel] == 0) continue;
                Span<double> sums = _sums.AsSpan(channel * row.Length, row.Length);
                TensorPrimitives.MultiplyAdd(row, row[channel], sums, sums);
            }
        }

        private void AddSquares(ReadOnlySpan<double> row)
        {
            Span<double> sums = _sums.AsSpan(0, channels), squares = _sums.AsSpan(channels, channels);
            TensorPrimitives.Add(sums, row, sums);
            TensorPrimitives.MultiplyAdd(row, row, squares, squares);
        }
    }
}
