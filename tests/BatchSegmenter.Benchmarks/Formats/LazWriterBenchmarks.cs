using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;
using BenchmarkDotNet.Attributes;

namespace BatchSegmenter.Benchmarks.Formats;

/// <summary>Compression of whole files, from records in memory to memory.</summary>
public class LazWriterBenchmarks
{
    private readonly MemoryStream _laz = new();
    private byte[] _las = [];

    [Params("formats/laz/pdal-lone-star.laz", "formats/laz/pdal-autzen_trim.laz", "survey/train/ign-plain-rgb-nir.laz")]
    public string File { get; set; } = "";

    [GlobalSetup]
    public void Setup()
    {
        MemoryStream las = new();
        using LasReader source = new(Path.Combine(SharedFiles.Root, File));
        LasTranslation.Translate(source, las);
        _las = las.ToArray();
    }

    [Benchmark(Baseline = true)]
    public long OneCore() => Compress(1);

    [Benchmark]
    public long TwoCores() => Compress(2);

    private long Compress(int cores)
    {
        _laz.SetLength(0);
        using LasReader source = new(new MemoryStream(_las), File);
        LasTranslation.Translate(source, _laz, compressed: true, cores: cores);
        return _laz.Length;
    }
}
