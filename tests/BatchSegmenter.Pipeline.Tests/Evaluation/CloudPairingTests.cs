using BatchSegmenter.Pipeline.Evaluation;

namespace BatchSegmenter.Pipeline.Tests.Evaluation;

public sealed class CloudPairingTests : IDisposable
{
    private readonly LabelFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_runs_dataset_is_paired_by_the_source_it_names()
    {
        Touch("out/points/source=town%2Feast/part-00001.parquet", "out/points/source=town%2Feast/part-00000.parquet", "out/points/source=west/part-00000.parquet",
            "out/las/town/east.las", "truth/town/east.laz", "truth/west.las");
        (IReadOnlyList<CloudPair> pairs, IReadOnlyList<string> warnings) = CloudPairing.Pair(_files.Path("out"), _files.Path("truth"));
        Assert.Empty(warnings);
        Assert.Equal(["town/east", "west"], pairs.Select(pair => pair.Name));
        Assert.Equal(["part-00000.parquet", "part-00001.parquet"], pairs[0].Predicted.Select(Path.GetFileName));
        Assert.Equal(_files.Path("truth/town/east.laz"), Assert.Single(pairs[0].Truth));
    }

    [Fact]
    public void Labelled_clouds_serve_where_a_run_wrote_no_dataset()
    {
        Touch("out/las/east/1.las", "out/las/west/1.las", "out/_runs/20260101T000000Z/run.json", "truth/east/1.laz", "truth/west/1.laz");
        (IReadOnlyList<CloudPair> pairs, IReadOnlyList<string> warnings) = CloudPairing.Pair(_files.Path("out"), _files.Path("truth"));
        Assert.Empty(warnings);
        Assert.Equal(["east/1", "west/1"], pairs.Select(pair => pair.Name));
        Assert.Equal(_files.Path("out/las/west/1.las"), Assert.Single(pairs[1].Predicted));
    }

    [Fact]
    public void Two_files_are_a_pair_whatever_their_names()
    {
        Touch("a.las", "b.laz");
        Assert.Equal("b", Assert.Single(CloudPairing.Pair(_files.Path("a.las"), _files.Path("b.laz")).Pairs).Name);
    }

    [Fact]
    public void Files_without_partner_are_told()
    {
        Touch("p/a.las", "p/b.las", "p/x.las", "t/a.laz", "t/deep/b.laz", "t/c.laz");
        (IReadOnlyList<CloudPair> pairs, IReadOnlyList<string> warnings) = CloudPairing.Pair(_files.Path("p"), _files.Path("t"));
        Assert.Equal(["a", "deep/b"], pairs.Select(pair => pair.Name));
        Assert.Collection(warnings,
            line => Assert.Contains("deep/b is paired with prediction b by file name", line),
            line => Assert.Contains("truth c has no prediction", line),
            line => Assert.Contains("prediction x has no truth", line));
    }

    [Fact]
    public void The_second_of_two_files_of_one_name_keeps_its_extension()
    {
        Touch("p/a.las", "p/a.laz", "t/a.las", "t/a.laz");
        Assert.Equal(["a", "a.laz"], CloudPairing.Pair(_files.Path("p"), _files.Path("t")).Pairs.Select(pair => pair.Name));
    }

    [Fact]
    public void No_pair_at_all_is_refused_with_the_names_found()
    {
        Touch("p/a.las", "p/b.las", "t/c.laz", "t/d.laz");
        EvaluationException fault = Assert.Throws<EvaluationException>(() => CloudPairing.Pair(_files.Path("p"), _files.Path("t")));
        Assert.Contains("predicted a, b; truth c, d", fault.Message);
    }

    [Fact]
    public void A_path_that_is_not_there_is_named()
    {
        Touch("t.las");
        Assert.Contains("nowhere", Assert.Throws<FileNotFoundException>(() => CloudPairing.Pair(_files.Path("nowhere"), _files.Path("t.las"))).Message);
    }

    private void Touch(params string[] relative)
    {
        foreach (string path in relative.Select(_files.Path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, []);
        }
    }
}
