using BatchSegmenter.Pipeline;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Writers;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Pipeline;

/// <summary>A Parquet dataset of labelled points, from columns in memory to a file, against Apache Arrow's writer (ParquetSharp).</summary>
public class PointDatasetWriterBenchmarks
{
    private const int PointsAtOnce = 1 << 16; // as OutputFiles hands them over

    private readonly string _folder = Directory.CreateTempSubdirectory("batchsegmenter-").FullName;
    private LabelledSurvey _survey = null!;
    private ParquetSharpPeer _peer = null!;
    private PointDatasetContent _content = null!;
    private string[] _columns = [];

    [Params("", "intensity,gps_time")]
    public string Columns { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _survey ??= new LabelledSurvey();
        string[] columns = Columns.Split(',', StringSplitOptions.RemoveEmptyEntries);
        _content = new("s", _survey.LabelNames, [], new PointOutputOptions { Columns = columns }, _survey.Columns.Attributes, new Dictionary<string, string> { ["bundle"] = "aerial" });
        _columns = columns;
        _peer = Peer(1);
    }

    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(_folder, recursive: true);

    [Benchmark(Baseline = true)]
    public long ParquetSharp() => Write(_peer);

    [Benchmark]
    public long Ours()
    {
        LocalStore outputs = new(_folder);
        return Write(outputs).GetAwaiter().GetResult().Sum(part => part.Bytes);
    }

    /// <summary>Prints medians of interleaved runs, for machines that others use as well.</summary>
    /// <param name="runs">Runs of each.</param>
    public static void Quick(int runs)
    {
        PointDatasetWriterBenchmarks it = new();
        foreach (string columns in (string[])["", "intensity,gps_time"])
        {
            it.Columns = columns;
            it.Setup();
            Console.WriteLine($"{it._survey.Count} points; x y z label label_name confidence point_index {columns}");
            ParquetSharpPeer plain = it.Peer(1, statistics: false), smaller = it.Peer(3);
            Interleaved.Compare(
                runs, it._survey.Count, ("ParquetSharp", it.ParquetSharp), ("zstd 1, no statistics", () => it.Write(plain)), ("zstd 3", () => it.Write(smaller)),
                ("ours", it.Ours));
            it._peer.Verify(Path.Combine(it._folder, "points", "source=s", "part-00000.parquet"));
            Console.WriteLine("  Arrow reads the values of ours");
        }

        it.Cleanup();
    }

    private ParquetSharpPeer Peer(int level, bool statistics = true) => new(_survey, _columns, PointDatasetWriter.RowsPerGroup, level, statistics);

    private long Write(ParquetSharpPeer peer) => peer.Write(Path.Combine(_folder, "peer.parquet"));

    private async Task<IReadOnlyList<CommittedOutput>> Write(LocalStore outputs)
    {
        await using PointDatasetWriter writer = new(outputs, _content);
        for (int first = 0; first < _survey.Count; first += PointsAtOnce) await writer.AppendAsync(_survey.Run(first, Math.Min(PointsAtOnce, _survey.Count - first)));
        return await writer.CommitAsync();
    }
}
