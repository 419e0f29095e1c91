using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Writers;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Benchmarks.Pipeline;

/// <summary>Real surveys decoded into memory, with their own classes as labels and a confidence that costs a writer what the network's does.</summary>
internal sealed class LabelledSurvey
{
    // Together 1,546,896 points: a forest of several returns, and plains with colours; gps times where their formats have them.
    private static readonly string[] Files = ["hawaii-forest.laz", "ign-plain-rgb-nir.laz", "ign-0292-6833.laz"];

    public LabelledSurvey()
    {
        Columns = new PointColumns(0, PointAttributes.All);
        foreach (string file in Files)
        {
            using PointCloudReader reader = PointCloudReader.Open(Path.Combine(SharedFiles.Root, "survey", "train", file));
            PointColumns read = new((int)reader.Header.PointCount, PointAttributes.All);
            while (reader.Read(read, 1 << 20) > 0) Columns.Append(read);
        }

        Labels = [.. Columns.Classification!.Take(Count).Select(label => (int)label)];
        Confidence = new float[Count];
        Random random = new(1);
        for (int i = 0; i < Count; i++) Confidence[i] = ConfidenceOf(random);
    }

    /// <summary>The points.</summary>
    public PointColumns Columns { get; }

    /// <summary>The number of points.</summary>
    public int Count => Columns.Count;

    /// <summary>A label for each point.</summary>
    public int[] Labels { get; }

    /// <summary>A confidence for each point.</summary>
    public float[] Confidence { get; }

    /// <summary>A name for every label.</summary>
    public string[] LabelNames { get; } = [.. Enumerable.Range(0, 256).Select(label => label switch
    {
        1 => "other", 2 => "ground", 3 => "low vegetation", 4 => "medium vegetation", 5 => "high vegetation", 6 => "building", 9 => "water",
        _ => $"class {label}",
    })];

    /// <summary>The points as one run.</summary>
    public LabelledPoints Run(int first, int count) =>
        new(Columns, first, first, Labels.AsMemory(first, count), Confidence.AsMemory(first, count), default);

    // Half of what the network says is nearly certain, the rest spreads down to a third; no two alike.
    private static float ConfidenceOf(Random random) => random.Next(2) == 0
        ? 1 - random.NextSingle() * random.NextSingle() * 0.01f
        : 1 - random.NextSingle() * random.NextSingle() * 0.66f;
}
