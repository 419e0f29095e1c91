namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>What networks do to rows, a row being the channels of a point.</summary>
internal static class PlainRows
{
    /// <summary>Each row through the layers, one after the other.</summary>
    public static double[][] Through(PlainLayer[] layers, double[][] rows)
    {
        double[][] result = new double[rows.Length][];
        Parallel.For(0, rows.Length, i =>
        {
            double[] row = rows[i];
            foreach (PlainLayer layer in layers) row = layer.Apply(row);
            result[i] = row;
        });
        return result;
    }

    /// <summary>The channels of <paramref name="second"/> behind those of <paramref name="first"/>.</summary>
    public static double[][] Join(double[][] first, double[][] second) => [.. first.Zip(second, (a, b) => (double[])[.. a, .. b])];

    /// <summary>The sum, and 0 where it is negative.</summary>
    public static double[][] AddAndRelu(double[][] first, double[][] second) =>
        [.. first.Zip(second, (a, b) => (double[])[.. a.Zip(b, (x, y) => Math.Max(x + y, 0))])];

    /// <summary>The largest value of each channel.</summary>
    public static double[] Largest(double[][] rows)
    {
        double[] result = [.. rows[0]];
        foreach (double[] row in rows)
            for (int channel = 0; channel < result.Length; channel++) result[channel] = Math.Max(result[channel], row[channel]);
        return result;
    }

    /// <summary>The mean of each channel.</summary>
    public static double[] Mean(double[][] rows)
    {
        double[] result = new double[rows[0].Length];
        foreach (double[] row in rows)
            for (int channel = 0; channel < result.Length; channel++) result[channel] += row[channel];
        return Array.ConvertAll(result, sum => sum / rows.Length);
    }

    /// <summary>Row by row the product with a square matrix on its right. Channels beyond the matrix stay as they are.</summary>
    public static double[][] Turn(double[][] rows, double[][] matrix)
    {
        return [.. rows.Select(Row)];

        double[] Row(double[] row)
        {
            double[] result = [.. row];
            for (int column = 0; column < matrix.Length; column++)
            {
                result[column] = 0;
                for (int k = 0; k < matrix.Length; k++) result[column] += row[k] * matrix[k][column];
            }
            return result;
        }
    }
}
