using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Onnx.Pruning;

/// <summary>What became of a width.</summary>
/// <param name="Layer">The layer that gives it.</param>
/// <param name="Before">Channels before.</param>
/// <param name="After">Channels after.</param>
/// <param name="Change">By how much what its readers give changes: mean square, as a share of their variance, averaged over their channels.</param>
public sealed record PrunedWidth(string Layer, int Before, int After, double Change);

/// <summary>A network with fewer channels.</summary>
/// <param name="Weights">Description and parameters; biases instead of batch norms.</param>
/// <param name="Widths">Every width, pruned or not, in the order of the network.</param>
/// <param name="WorkBefore">Multiply-adds of a block before.</param>
/// <param name="WorkAfter">The same after.</param>
public sealed record PrunedNetwork(PointNet2Weights Weights, IReadOnlyList<PrunedWidth> Widths, long WorkBefore, long WorkAfter);

/// <summary>
/// Removes channels from the whole network until it multiplies no more than a share of what it did: again and again from the width where a saved multiplication
/// changes least what its readers give (<see cref="ChannelRemoval"/>).
/// </summary>
public static class NetworkPruning
{
    /// <summary>Widths stay multiples of it, which fill the vectors of the runtime's kernels.</summary>
    public const int Step = 16;

    /// <summary>Prunes.</summary>
    /// <param name="weights">Layers with a bias and without batch norm, of a segmentation network of plain levels.</param>
    /// <param name="statistics">Measured of these weights.</param>
    /// <param name="keep">The share of multiply-adds that may remain, in (0, 1].</param>
    /// <param name="points">Points of a usual block.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="keep"/> is less than <see cref="LeastShare"/>.</exception>
    public static PrunedNetwork Prune(PointNet2Weights weights, NetworkStatistics statistics, double keep, int points)
    {
        PointNet2Description network = weights.Description;
        ArgumentOutOfRangeException.ThrowIfLessThan(keep, LeastShare(network, points));
        PrunableWidth[] widths = [.. PrunableWidth.Of(network)];
        Readers[] readers = [.. widths.Select(width => new Readers(width, weights, statistics))];
        double[][] errors = [.. readers.Select(reader => reader.Errors())];

        int[] kept = [.. widths.Select(width => width.Width)];
        long before = NetworkWork.MultiplyAdds(network, points), work = before;
        while (work > keep * before)
        {
            (int chosen, double least) = (-1, double.PositiveInfinity);
            for (int i = 0; i < widths.Length; i++)
            {
                if (Narrower(kept[i]) is not int narrower) continue;
                double price = (Error(i, narrower) - Error(i, kept[i])) / (work - Work(i, narrower));
                if (chosen < 0 || price < least) (chosen, least) = (i, price);
            }
            // The least share itself, times all, may round to less than what remains.
            if (chosen < 0) break;
            kept[chosen] = Narrower(kept[chosen])!.Value;
            work = NetworkWork.MultiplyAdds(PrunableWidth.Resize(network, kept), points);
        }

        RemainingChannels[] remaining = [.. readers.Select((reader, i) => reader.Remove(widths[i].Width - kept[i]))];
        return new PrunedNetwork(
            Without(weights, PrunableWidth.Resize(network, kept), widths, readers, remaining),
            [.. widths.Select((width, i) => new PrunedWidth(width.Layer, width.Width, kept[i], Error(i, kept[i])))], before, work);

        double Error(int width, int channels) => channels == widths[width].Width ? 0 : errors[width][widths[width].Width - channels - 1];

        long Work(int width, int channels) => NetworkWork.MultiplyAdds(PrunableWidth.Resize(network, [.. kept.Select((now, i) => i == width ? channels : now)]), points);
    }

    /// <summary>The share of multiply-adds that remains where no width has more than <see cref="Step"/> channels.</summary>
    public static double LeastShare(PointNet2Description network, int points) =>
        (double)NetworkWork.MultiplyAdds(PrunableWidth.Resize(network, [.. PrunableWidth.Of(network).Select(width => Math.Min(width.Width, Step))]), points) / NetworkWork.MultiplyAdds(network, points);

    private static int? Narrower(int width) => (width - 1) / Step * Step is > 0 and int narrower ? narrower : null;

    /// <summary>The layers without the rows that give removed channels and the columns that read them.</summary>
    private static PointNet2Weights Without(PointNet2Weights weights, PointNet2Description pruned, PrunableWidth[] widths, Readers[] readers, RemainingChannels[] remaining)
    {
        Dictionary<string, CheckpointLayer> layers = weights.Of([.. LayerShape.All(weights.Description)]).ToDictionary(
            layer => layer.Shape.Name, layer => layer with { Weight = (float[])layer.Weight.Clone(), Bias = (float[])layer.Bias!.Clone() });
        HashSet<(string Layer, int Input)> unread = [];
        Dictionary<string, HashSet<int>> ungiven = [];
        for (int i = 0; i < widths.Length; i++)
        {
            ungiven[widths[i].Layer] = [.. remaining[i].Removed];
            if (remaining[i].Removed.Count > 0) readers[i].Rewrite(remaining[i], layers);
            foreach (ChannelReader reader in widths[i].Readers) unread.UnionWith(remaining[i].Removed.Select(channel => (reader.Layer, reader.Offset + channel)));
        }

        return PointNet2Weights.Of(pruned, shape =>
        {
            CheckpointLayer layer = layers[shape.Name];
            int[] outputs = [.. Enumerable.Range(0, layer.Shape.Outputs).Where(output => !(ungiven.GetValueOrDefault(shape.Name)?.Contains(output) ?? false))];
            int[] inputs = [.. Enumerable.Range(0, layer.Shape.Inputs).Where(input => !unread.Contains((shape.Name, input)))];
            return new CheckpointLayer(
                shape, [.. outputs.SelectMany(output => inputs.Select(input => layer.Weight[output * layer.Shape.Inputs + input]))], [.. outputs.Select(output => layer.Bias![output])], null);
        });
    }

    /// <summary>The rows of all layers that read a width, each divided by the deviation of what it gives, so that rows of any layer count alike.</summary>
    private sealed class Readers
    {
        private readonly PrunableWidth _width;
        private readonly double[] _moments;
        private readonly double[] _deviations;
        private readonly double[][] _columns;

        public Readers(PrunableWidth width, PointNet2Weights weights, NetworkStatistics statistics)
        {
            (_width, _moments) = (width, statistics.Moments[width.Layer]);
            CheckpointLayer[] layers = [.. width.Readers.Select(reader => weights.Of([LayerShape.All(weights.Description).Single(shape => shape.Name == reader.Layer)])[0])];
            _deviations = [.. width.Readers.SelectMany(reader => Deviations(statistics.Layers[reader.Layer]))];
            _columns = new double[width.Width + 1][];
            for (int channel = 0; channel <= width.Width; channel++)
            {
                _columns[channel] = [.. layers.Zip(width.Readers).SelectMany(pair => Enumerable.Range(0, pair.First.Shape.Outputs).Select(
                    output => (double)(channel == width.Width ? pair.First.Bias![output] : pair.First.Weight[output * pair.First.Shape.Inputs + pair.Second.Offset + channel])))];
                for (int row = 0; row < _deviations.Length; row++) _columns[channel][row] /= _deviations[row];
            }
        }

        /// <summary>The change after one removal, two, and so on.</summary>
        public double[] Errors() => [.. Remove(_width.Width - 1).Errors.Select(error => error / _deviations.Length)];

        public RemainingChannels Remove(int count) => ChannelRemoval.Remove(_moments, _columns, count);

        /// <summary>Gives the layers the weights that remain. Several widths may be read by the same layer: biases add up.</summary>
        public void Rewrite(RemainingChannels remaining, Dictionary<string, CheckpointLayer> layers)
        {
            int first = 0;
            foreach (ChannelReader reader in _width.Readers)
            {
                CheckpointLayer layer = layers[reader.Layer];
                for (int output = 0; output < layer.Shape.Outputs; output++)
                {
                    (int row, int constant) = (first + output, _width.Width);
                    double deviation = _deviations[row];
                    for (int channel = 0; channel < constant; channel++) layer.Weight[output * layer.Shape.Inputs + reader.Offset + channel] = (float)(deviation * remaining.Columns[channel][row]);
                    layer.Bias![output] += (float)(deviation * (remaining.Columns[constant][row] - _columns[constant][row]));
                }
                first += layer.Shape.Outputs;
            }
        }

        /// <summary>Rows that hardly ever change are not let count for more than a hundred usual ones.</summary>
        private static IEnumerable<double> Deviations(ChannelSpread spread)
        {
            double least = Math.Max(spread.Variance.Average() / 100, 1e-12);
            return spread.Variance.Select(variance => Math.Sqrt(Math.Max(variance, least)));
        }
    }
}
