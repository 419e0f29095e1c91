using System.Globalization;
using System.Text.Json;
using BatchSegmenter.Inference;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Pipeline.Training;

/// <summary>
/// Streams training blocks to a trainer as safetensors frames: a header; two golden blocks; every validation block once; then epoch after
/// epoch of training blocks, each made while the one before is read.
/// </summary>
public sealed class TrainingStream
{
    private const int GoldenBlocks = 2;

    private readonly SafetensorsWriter _frame = new();
    private readonly Stream _destination;
    private readonly PointNet2Description _architecture;

    /// <param name="destination">Where frames go; stays open.</param>
    /// <param name="architecture">Names the tensors.</param>
    public TrainingStream(Stream destination, PointNet2Description architecture)
    {
        _destination = destination;
        _architecture = architecture;
    }

    /// <summary>Writes the first frame: what the model shall become and what it is made from.</summary>
    public void WriteHeader(string bundle, string architecture, int seed, IEnumerable<string> train, IEnumerable<string> validation)
    {
        _frame.Clear();
        _frame.Metadata("kind", "header").Metadata("bundle", bundle).Metadata("architecture", architecture)
            .Metadata("seed", seed.ToString(CultureInfo.InvariantCulture))
            .Metadata("train", JsonSerializer.Serialize(train)).Metadata("validation", JsonSerializer.Serialize(validation));
        _frame.WriteFrame(_destination);
    }

    /// <summary>Writes the blocks by which a converted model is checked; they come from synthetic surveys, so that they can be passed on.</summary>
    public void WriteGolden(TrainingBlocks blocks, IReadOnlyList<TrainingSurvey> surveys) =>
        Write(surveys.SelectMany(blocks.Whole).Take(GoldenBlocks), "golden", 0);

    /// <summary>Writes all validation blocks.</summary>
    public void WriteValidation(TrainingBlocks blocks, IReadOnlyList<TrainingSurvey> surveys) =>
        Write(surveys.SelectMany(blocks.Whole), "validation", 0);

    /// <summary>Writes <paramref name="epochs"/> epochs of training blocks, or until the trainer has enough.</summary>
    public void WriteTraining(TrainingBlocks blocks, IReadOnlyList<TrainingSurvey> surveys, int epochs, int blocksPerEpoch)
    {
        Task<List<TrainingBlock>> coming = Task.Run(() => blocks.Epoch(surveys, 0, blocksPerEpoch));
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            List<TrainingBlock> ready = coming.GetAwaiter().GetResult();
            int next = epoch + 1;
            if (next < epochs) coming = Task.Run(() => blocks.Epoch(surveys, next, blocksPerEpoch));
            Write(ready, "train", epoch);
        }
    }

    private void Write(IEnumerable<TrainingBlock> blocks, string split, int epoch)
    {
        string epochText = epoch.ToString(CultureInfo.InvariantCulture);
        foreach (TrainingBlock block in blocks)
        {
            _frame.Clear();
            _frame.Metadata("kind", "block").Metadata("split", split).Metadata("epoch", epochText).Metadata("file", block.File);
            Add(block);
            _frame.WriteFrame(_destination);
            block.Neighbourhoods.Dispose();
        }

        _frame.Clear();
        _frame.Metadata("kind", "end").Metadata("split", split).Metadata("epoch", epochText);
        _frame.WriteFrame(_destination);
    }

    private void Add(TrainingBlock block)
    {
        int points = block.Block.Count;
        Neighbourhoods neighbourhoods = block.Neighbourhoods;
        _frame.Add("positions", block.Block.Positions, points, 3).Add("features", block.Block.Features, points, _architecture.Features);
        for (int level = 1; level <= neighbourhoods.Levels; level++)
        {
            _frame.Add($"samples_{level}", neighbourhoods.Samples(level), neighbourhoods.PointCount(level));
            for (int scale = 0; scale < neighbourhoods.ScaleCount(level); scale++)
                _frame.Add($"neighbors_{level}_{scale}", neighbourhoods.Neighbors(level, scale), neighbourhoods.PointCount(level), neighbourhoods.NeighborCount(level, scale));
            _frame.Add($"nearest_{level}", neighbourhoods.Nearest(level), neighbourhoods.PointCount(level - 1), 3);
            _frame.Add($"weights_{level}", neighbourhoods.Weights(level), neighbourhoods.PointCount(level - 1), 3);
        }

        _frame.Add("targets", block.Targets, points);
        if (block.Weights is not null) _frame.Add("point_weights", block.Weights, points);
    }
}
