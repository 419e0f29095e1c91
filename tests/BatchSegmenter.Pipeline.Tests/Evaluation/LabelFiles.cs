using Parquet;
using Parquet.Schema;

namespace BatchSegmenter.Pipeline.Tests.Evaluation;

/// <summary>A folder that is gone after the test, with small Parquet files of labels in it.</summary>
internal sealed class LabelFiles : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("evaluation-").FullName;

    public string Path(string relative) => System.IO.Path.Combine(Root, relative);

    /// <summary>Points a metre apart along x on flat ground at z = 0, unless positions are given.</summary>
    public async Task<string> WriteAsync(
        string relative, int[] labels, float[]? confidence = null, long[]? index = null, (double X, double Y, double Z)[]? positions = null)
    {
        string path = Path(relative);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        index ??= [.. Enumerable.Range(0, labels.Length)];
        positions ??= [.. index.Select(i => ((double)i, 0.0, 0.0))];
        DataField x = new DataField<double>("x"), y = new DataField<double>("y"), z = new DataField<double>("z"), label = new DataField<int>("label"),
            score = new DataField<float>("confidence"), pointIndex = new DataField<long>("point_index");
        ParquetSchema schema = new([x, y, z, label, .. confidence is null ? Array.Empty<Field>() : [score], pointIndex]);
        await using FileStream stream = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, stream);
        using ParquetRowGroupWriter rows = writer.CreateRowGroup();
        await rows.WriteAsync<double>(x, positions.Select(position => position.X).ToArray());
        await rows.WriteAsync<double>(y, positions.Select(position => position.Y).ToArray());
        await rows.WriteAsync<double>(z, positions.Select(position => position.Z).ToArray());
        await rows.WriteAsync<int>(label, labels);
        if (confidence is not null) await rows.WriteAsync<float>(score, confidence);
        await rows.WriteAsync<long>(pointIndex, index);
        return path;
    }

    public void Dispose() => Directory.Delete(Root, true);
}
