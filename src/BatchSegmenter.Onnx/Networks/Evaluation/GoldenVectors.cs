using System.IO.Compression;
using BatchSegmenter.Onnx.Checkpoints;

namespace BatchSegmenter.Onnx.Networks.Evaluation;

/// <summary>
/// What another implementation of a network made of some blocks: an <c>.npz</c> file with <c>points</c> [batch, points, channels], <c>scores</c>
/// [batch, points, classes] or, of a classification, [batch, classes], and perhaps <c>category</c> [batch, categories], a single 1 per block.
/// Other arrays are left unread.
/// </summary>
public sealed class GoldenVectors
{
    private readonly string _path;
    private readonly float[] _points;
    private readonly float[] _scores;
    private readonly int[]? _categories;

    private GoldenVectors(string path, NpyArray points, NpyArray scores, NpyArray? category)
    {
        _path = path;
        Check(points.Shape.Count == 3 && points.Values.Length > 0, "points", points, "[batch, points, channels]");
        (Blocks, PointCount, Channels) = (points.Shape[0], points.Shape[1], points.Shape[2]);
        bool perPoint = scores.Shape.Count == 3 && scores.Shape[1] == PointCount;
        Check((perPoint || scores.Shape.Count == 2) && scores.Shape[0] == Blocks && scores.Values.Length > 0, "scores", scores, $"[{Blocks}, {PointCount}, classes] or [{Blocks}, classes]");
        (Task, Classes) = (perPoint ? NetworkTask.Segmentation : NetworkTask.Classification, scores.Shape[^1]);
        (_points, _scores) = (points.Values, scores.Values);
        if (category is null) return;

        Check(category.Shape.Count == 2 && category.Shape[0] == Blocks && category.Values.Length > 0, "category", category, $"[{Blocks}, categories]");
        Categories = category.Shape[1];
        _categories = new int[Blocks];
        for (int block = 0; block < Blocks; block++)
        {
            ReadOnlySpan<float> row = category.Values.AsSpan(block * Categories, Categories);
            _categories[block] = row.IndexOf(1f);
            if (_categories[block] < 0 || row.Count(0f) != Categories - 1)
                throw new InvalidGoldenVectorsException(path, $"category of block {block} is not a single 1 among zeros");
        }
    }

    /// <summary>Blocks in the file, at least 1.</summary>
    public int Blocks { get; }

    /// <summary>Points of each block, at least 1.</summary>
    public int PointCount { get; }

    /// <summary>Channels of a point.</summary>
    public int Channels { get; }

    /// <summary>Scores of a point or block.</summary>
    public int Classes { get; }

    /// <summary>Categories there are; 0 where the file has none.</summary>
    public int Categories { get; }

    /// <summary>What is scored, from the shape.</summary>
    public NetworkTask Task { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidGoldenVectorsException">It is damaged, or arrays are missing, of another type, or do not fit each other.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public static GoldenVectors Read(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Read(stream, path);
    }

    /// <summary>Reads a seekable stream, which stays open.</summary>
    /// <param name="stream">The whole file.</param>
    /// <param name="path">What to call it in an error.</param>
    /// <exception cref="InvalidGoldenVectorsException">It is damaged, or arrays are missing, of another type, or do not fit each other.</exception>
    public static GoldenVectors Read(Stream stream, string path)
    {
        try
        {
            using ZipArchive archive = new(stream, ZipArchiveMode.Read, leaveOpen: true);
            NpyArray points = Array(archive, "points", path) ?? throw new InvalidGoldenVectorsException(path, "the array points is missing");
            NpyArray scores = Array(archive, "scores", path) ?? throw new InvalidGoldenVectorsException(path, "the array scores is missing");
            return new GoldenVectors(path, points, scores, Array(archive, "category", path));
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidGoldenVectorsException(path, $"it can't be read as an .npz file: {fault.Message}", fault);
        }
    }

    /// <summary>The points of a block, [points, channels].</summary>
    /// <param name="block">From 0.</param>
    public ReadOnlySpan<float> Points(int block) => _points.AsSpan(block * PointCount * Channels, PointCount * Channels);

    /// <summary>The scores of a block, [points, classes], or [classes] of a classification.</summary>
    /// <param name="block">From 0.</param>
    public ReadOnlySpan<float> Scores(int block)
    {
        int count = Task == NetworkTask.Segmentation ? PointCount * Classes : Classes;
        return _scores.AsSpan(block * count, count);
    }

    /// <summary>The category of a block, from 0; −1 where the file has none.</summary>
    /// <param name="block">From 0.</param>
    public int Category(int block) => _categories?[block] ?? -1;

    /// <summary>Refuses a network that takes or gives something else.</summary>
    /// <exception cref="InvalidGoldenVectorsException">Task, channels, classes or categories differ.</exception>
    public void RequireFit(NetworkDescription network)
    {
        Require(Task == network.Task, $"it is of {Task}, the network of {network.Task}");
        Require(Channels == network.PointChannels, $"its points have {Channels} channels, the network's {network.PointChannels}");
        Require(Classes == network.Classes, $"it scores {Classes} classes, the network {network.Classes}");
        Require(Categories == network.Categories, $"it has {Categories} categories, the network {network.Categories}");

        void Require(bool fits, string problem)
        {
            if (!fits) throw new InvalidGoldenVectorsException(_path, problem);
        }
    }

    private static NpyArray? Array(ZipArchive archive, string name, string path)
    {
        if (archive.GetEntry($"{name}.npy") is not ZipArchiveEntry entry) return null;
        try
        {
            using Stream stream = entry.Open();
            return NpyArray.Read(stream, entry.Length);
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidGoldenVectorsException(path, $"the array {name} can't be read: {fault.Message}", fault);
        }
    }

    private void Check(bool fits, string name, NpyArray array, string expected)
    {
        if (!fits) throw new InvalidGoldenVectorsException(_path, $"the array {name} has shape [{string.Join(", ", array.Shape)}]; {expected} is expected");
        if (!array.Values.All(float.IsFinite)) throw new InvalidGoldenVectorsException(_path, $"the array {name} has a value that is not finite");
    }
}
