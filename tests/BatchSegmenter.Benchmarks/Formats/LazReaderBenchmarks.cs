using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Formats;

/// <summary>Decoding of whole LAZ files, file system included, against laz-perf in the same run.</summary>
public class LazReaderBenchmarks
{
    private readonly byte[] _records = new byte[1 << 20];
    private LazPerfPeer _peer = null!;
    private string _path = "";

    [Params("formats/laz/pdal-lone-star.laz", "formats/laz/pdal-autzen_trim.laz", "survey/train/ign-plain-rgb-nir.laz")]
    public string File { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        _path = Path.Combine(SharedFiles.Root, File);
        _peer = new LazPerfPeer(_path);
    }

    [GlobalCleanup]
    public void Cleanup() => _peer.Dispose();

    [Benchmark(Baseline = true)]
    public long LazPerf() => _peer.Decode();

    [Benchmark]
    public long Records()
    {
        using LasReader reader = new(_path);
        long points = 0;
        for (int count; (count = reader.ReadRecords(_records)) > 0;) points += count;
        return points;
    }

    [Benchmark]
    public long Columns() => Read(PointAttributes.All, 1);

    [Benchmark]
    public long Positions() => Read(PointAttributes.None, 1);

    [Benchmark]
    public long ColumnsOnTwoCores() => Read(PointAttributes.All, 2);

    private long Read(PointAttributes attributes, int cores)
    {
        using PointCloudReader reader = PointCloudReader.Open(_path, new PointReadOptions { Cores = cores });
        PointColumns columns = new(1 << 16, reader.Header.Attributes & attributes);
        long points = 0;
        for (int count; (count = reader.Read(columns, 1 << 16)) > 0; columns.Count = 0) points += count;
        return points;
    }
}
