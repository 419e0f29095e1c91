using System.Buffers;
using BatchSegmenter.Onnx.Networks;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference;

/// <summary>
/// One block in the tensors of a network that takes points alone. Where the network fixes how many points or blocks it takes, points and the
/// block are repeated; the scores of repetitions are dropped.
/// </summary>
internal sealed class RawBatch : IDisposable
{
    private readonly PointSignature _signature;
    private readonly NetworkDescription _network;
    private readonly float[] _points;
    private readonly List<OrtValue> _values = [];
    private readonly List<string> _names = [];
    private readonly int _count;
    private readonly int _padded;

    /// <exception cref="ArgumentException">The block has other channels, no points, or more than the network takes.</exception>
    public RawBatch(RawBlock block, PointSignature signature, NetworkDescription network)
    {
        int channels = network.PointChannels;
        _count = block.Count;
        _padded = signature.FixedPoints ?? _count;
        if (_count < 1 || block.Points.Length != _count * channels || _count > _padded)
            throw new ArgumentException($"{block.Points.Length} values are not 1 to {_padded} points of {channels} channels.", nameof(block));
        (_signature, _network) = (signature, network);
        int batch = signature.FixedBatch ?? 1;
        int size = _padded * channels;
        _points = ArrayPool<float>.Shared.Rent(batch * size);
        Lay(block.Points.Span, channels, _points);
        for (int copy = 1; copy < batch; copy++) _points.AsSpan(0, size).CopyTo(_points.AsSpan(copy * size));
        Bind(signature.Input, _points.AsMemory(0, batch * size), signature.Layout == PointLayout.ChannelsFirst ? [batch, channels, _padded] : [batch, _padded, channels]);
        if (network.Categories == 0) return;

        float[] category = new float[batch * network.Categories];
        for (int copy = 0; copy < batch; copy++) category[copy * network.Categories + block.Category] = 1;
        Bind(PointSignature.Category, category, [batch, network.Categories]);
    }

    /// <summary>Scores of the block itself.</summary>
    public int ScoreCount => (_network.Task == NetworkTask.Classification ? 1 : _count) * _network.Classes;

    public IReadOnlyCollection<string> Names => _names;

    public IReadOnlyCollection<OrtValue> Values => _values;

    /// <summary>Takes the block's scores out of the network's, as [points, classes].</summary>
    public void Take(ReadOnlySpan<float> found, Span<float> scores)
    {
        if (_network.Task == NetworkTask.Classification || _signature.ScoresLayout == PointLayout.PointsFirst)
        {
            found[..scores.Length].CopyTo(scores);
            return;
        }

        for (int i = 0; i < _count; i++)
            for (int c = 0; c < _network.Classes; c++) scores[i * _network.Classes + c] = found[c * _padded + i];
    }

    public void Dispose()
    {
        foreach (OrtValue value in _values) value.Dispose();
        ArrayPool<float>.Shared.Return(_points);
    }

    private void Lay(ReadOnlySpan<float> points, int channels, Span<float> target)
    {
        for (int i = 0; i < _padded; i++)
        {
            ReadOnlySpan<float> point = points.Slice(i % _count * channels, channels);
            if (_signature.Layout == PointLayout.PointsFirst) point.CopyTo(target[(i * channels)..]);
            else for (int c = 0; c < channels; c++) target[c * _padded + i] = point[c];
        }
    }

    private void Bind(string name, Memory<float> memory, long[] shape)
    {
        _names.Add(name);
        _values.Add(OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory, shape));
    }
}
