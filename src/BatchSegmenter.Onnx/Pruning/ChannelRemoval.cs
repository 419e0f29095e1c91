namespace BatchSegmenter.Onnx.Pruning;

/// <summary>What remains of channels when some are removed.</summary>
/// <param name="Removed">The channels, in the order of removal.</param>
/// <param name="Errors">After each removal, the squared change of what the readers' rows give, summed over rows and averaged over the points measured.</param>
/// <param name="Columns">For each channel and, last, the constant 1: the readers' weights [rows]; those of removed channels are 0.</param>
public sealed record RemainingChannels(IReadOnlyList<int> Removed, IReadOnlyList<double> Errors, double[][] Columns);

/// <summary>
/// Removes the channels that matter least to their readers. A channel matters by how much of what the readers give is lost when the other channels, and the
/// readers' biases, take over its part as well as they can (least squares over the points measured): <c>‖w_c‖² / (M⁻¹)_cc</c>, M being the second moments. After each removal
/// the readers' weights are those of least squares. A channel that is always 0, constant, or a sum of others costs nothing. Neither labels nor gradients are needed.
/// </summary>
public static class ChannelRemoval
{
    /// <summary>A share of the mean second moment that is added to each: channels that nearly agree on the points measured need not agree on others.</summary>
    private const double Damping = 1e-3;

    /// <summary>Removes channels.</summary>
    /// <param name="moments">[channels + 1]², row-major: the mean of the product of two channels, the last being the constant 1.</param>
    /// <param name="columns">For each channel and, last, the constant: the readers' weights [rows]; not changed.</param>
    /// <param name="count">How many to remove, less than there are.</param>
    public static RemainingChannels Remove(double[] moments, double[][] columns, int count)
    {
        int size = columns.Length, channels = size - 1;
        if (moments.Length != size * size) throw new ArgumentException($"{channels} channels and the constant have {size * size} second moments, not {moments.Length}.", nameof(moments));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(count, channels);
        double mean = 0;
        for (int channel = 0; channel < channels; channel++) mean += moments[channel * size + channel] / channels;
        // Numbers so small that nothing can be told apart are as good as none.
        double damping = Math.Max(Damping * mean, 1e-12);
        double[] inverse = Inverse(moments, size, damping);
        double[][] weights = [.. columns.Select(column => (double[])column.Clone())];
        List<int> removed = [];
        List<double> errors = [];
        bool[] gone = new bool[channels];
        double error = 0;
        for (int step = 0; step < count; step++)
        {
            (int least, double cost) = (-1, double.PositiveInfinity);
            for (int channel = 0; channel < channels; channel++)
            {
                if (gone[channel]) continue;
                // What damping added is no part of what is lost.
                double own = Square(weights[channel]) * Math.Max(1 / inverse[channel * size + channel] - damping, 0);
                // Of equal ones the first; and a cost that is no number is never less.
                if (least < 0 || own < cost) (least, cost) = (channel, own);
            }

            gone[least] = true;
            removed.Add(least);
            errors.Add(error += cost);
            double pivot = inverse[least * size + least];
            double[] lost = weights[least], row = inverse.AsSpan(least * size, size).ToArray();
            for (int other = 0; other < size; other++)
            {
                double share = row[other] / pivot;
                if (other == least || share == 0) continue;
                if (other == channels || !gone[other]) AddScaled(weights[other], lost, -share);
                AddScaled(inverse.AsSpan(other * size, size), row, -share);
            }
            Array.Clear(lost);
            for (int other = 0; other < size; other++) inverse[least * size + other] = inverse[other * size + least] = 0;
        }
        return new RemainingChannels(removed, errors, weights);
    }

    private static double Square(double[] values)
    {
        double sum = 0;
        foreach (double value in values) sum += value * value;
        return sum;
    }

    private static void AddScaled(Span<double> target, ReadOnlySpan<double> values, double factor)
    {
        for (int i = 0; i < target.Length; i++) target[i] += factor * values[i];
    }

    /// <summary>The inverse of the damped moments, which are positive definite: by Gauss and Jordan, without pivoting.</summary>
    private static double[] Inverse(double[] moments, int size, double damping)
    {
        double[] left = (double[])moments.Clone(), right = new double[size * size];
        for (int i = 0; i < size; i++) (left[i * size + i], right[i * size + i]) = (left[i * size + i] + (i < size - 1 ? damping : 0), 1);
        for (int pivot = 0; pivot < size; pivot++)
        {
            double scale = 1 / left[pivot * size + pivot];
            Span<double> leftRow = left.AsSpan(pivot * size, size), rightRow = right.AsSpan(pivot * size, size);
            for (int i = 0; i < size; i++) (leftRow[i], rightRow[i]) = (leftRow[i] * scale, rightRow[i] * scale);
            for (int other = 0; other < size; other++)
            {
                double factor = left[other * size + pivot];
                if (other == pivot || factor == 0) continue;
                AddScaled(left.AsSpan(other * size, size), leftRow, -factor);
                AddScaled(right.AsSpan(other * size, size), rightRow, -factor);
            }
        }
        return right;
    }
}
