namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>PointNet (Qi, Su, Mo, Guibas 2017), one step of the definition after the other.</summary>
internal sealed class PlainPointNet
{
    private readonly PointNetDescription _description;
    private readonly (PlainLayer[] Encoder, PlainLayer[] Head) _inputTransform;
    private readonly (PlainLayer[] Encoder, PlainLayer[] Head) _featureTransform;
    private readonly PlainLayer[] _encoder;
    private readonly PlainLayer[] _head;

    public PlainPointNet(PointNetDescription description, PlainLayers layers)
    {
        _description = description;
        int pointWidth = description.Encoder[0], blockWidth = description.Encoder[^1];
        _inputTransform = Transform("inputTransform", description.Features, 3);
        _featureTransform = Transform("featureTransform", pointWidth, pointWidth);
        _encoder = layers.Chain("encoder", description.Features, description.Encoder, lastRelu: false);
        int joined = description.Task == NetworkTask.Segmentation ? blockWidth + pointWidth : blockWidth;
        _head = layers.Chain("head", joined, [.. description.Head, description.Classes], lastRelu: false);

        (PlainLayer[], PlainLayer[]) Transform(string name, int inputs, int size) => (
            layers.Chain($"{name}.encoder", inputs, description.TransformEncoder),
            layers.Chain($"{name}.head", description.TransformEncoder[^1], [.. description.TransformHead, size * size], lastRelu: false));
    }

    public PlainEvaluation Evaluate(float[] points)
    {
        PlainEvaluation evaluation = new();
        double[][] rows = [.. points.Chunk(_description.Features).Select(point => Array.ConvertAll(point, value => (double)value))];
        rows = PlainRows.Turn(rows, evaluation.Keep("inputTransform", Matrix(_inputTransform, rows, 3)));
        rows = PlainRows.Through(_encoder[..1], rows);
        rows = PlainRows.Turn(rows, evaluation.Keep("featureTransform", Matrix(_featureTransform, rows, _description.Encoder[0])));
        evaluation.Keep("points", rows);

        // The last layer before the pooling ends with its norm, without ReLU.
        double[] block = PlainRows.Largest(PlainRows.Through(_encoder[1..], rows));
        evaluation.Keep("encoder", [block]);
        double[][] joined = _description.Task == NetworkTask.Segmentation ? [.. rows.Select(row => (double[])[.. block, .. row])] : [block];
        evaluation.Keep("scores", PlainRows.Through(_head, joined));
        return evaluation;
    }

    /// <summary>The matrix that a small network makes of all points, row by row; the identity is added to it.</summary>
    private static double[][] Matrix((PlainLayer[] Encoder, PlainLayer[] Head) network, double[][] rows, int size)
    {
        double[] block = PlainRows.Largest(PlainRows.Through(network.Encoder, rows));
        double[][] matrix = [.. PlainRows.Through(network.Head, [block])[0].Chunk(size)];
        for (int i = 0; i < size; i++) matrix[i][i] += 1;
        return matrix;
    }
}
