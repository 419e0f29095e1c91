using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class InputListTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folders_recurse_over_known_extensions()
    {
        Touch("s/b.LAZ", "s/a.las", "s/x/c.las", "s/notes.txt", "s/.hidden.las", "s/.git/d.las", "s/copy.las.tmp");

        Assert.Equal(["a", "b", "x/c"], Find("s").Inputs.Select(input => input.RelativePath));
        Assert.Equal(["a", "b", "x%2Fc"], Find("s").Inputs.Select(input => input.Source));
    }

    [Fact]
    public void Globs_are_relative_to_their_prefix()
    {
        Touch("s/2025/a.laz", "s/2026/x/a.laz", "s/2026/b.las");

        Assert.Equal(["2025/a", "2026/x/a"], Find("s/**/*.laz").Inputs.Select(input => input.RelativePath));
        Assert.Equal(["x/a"], Find("s/2026/**/*.laz").Inputs.Select(input => input.RelativePath));
    }

    [Fact]
    public void The_second_of_two_that_collide_keeps_its_extension()
    {
        Touch("s/a.laz", "s/a.las", "s/A.Las");

        Assert.Equal(
            [("A.Las", "A"), ("a.las", "a.las"), ("a.laz", "a.laz")],
            Find("s").Inputs.Select(input => (Path.GetFileName(input.Path), input.RelativePath)));
    }

    [Fact]
    public void Files_of_one_name_from_several_folders_take_the_folders_names()
    {
        Touch("p/a.las", "q/a.las", "r/a.las");

        Assert.Equal(["a", "a.las", "r/a"], Find("p/a.las", "q/a.las", "r/a.las").Inputs.Select(input => input.RelativePath));
    }

    [Fact]
    public void A_file_named_twice_is_one_input()
    {
        Touch("s/a.las");

        Assert.Single(Find("s", "s/a.las", "s/*.las").Inputs);
    }

    [Fact]
    public void The_output_folder_is_never_an_input()
    {
        Touch("s/a.las", "s/out/las/a.las", "s/outer/b.las");

        InputList found = Find(true, "s/out", "s");

        Assert.Equal(["a", "outer/b"], found.Inputs.Select(input => input.RelativePath));
        Assert.Contains("1 files in the output folder", Assert.Single(found.Warnings), StringComparison.Ordinal);
        Assert.Contains(
            "lies in the output folder", Assert.Throws<ConfigurationException>(() => Find(false, "s/out", "s/out/las/a.las")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_missing_path_is_an_error()
    {
        var fault = Assert.Throws<ConfigurationException>(() => Find("no.las", "nowhere/"));

        Assert.Equal([$"{_folder["no.las"]}: no such file or folder; expected an input", $"{_folder["nowhere/"]}: no such file or folder; expected an input"], fault.Faults);
    }

    [Fact]
    public void Nothing_found_is_a_warning_in_the_file_and_an_error_on_the_command_line()
    {
        Touch("s/a.txt");

        InputList found = Find("s/*.las", "s", "nowhere/**/*.las");
        Assert.Empty(found.Inputs);
        Assert.Equal(
            [$"{_folder["s/*.las"]}: no file matches", $"{_folder["s"]}: holds no point cloud: no {string.Join(' ', InputList.Extensions)} file", $"{_folder["nowhere/**/*.las"]}: no file matches"],
            found.Warnings);
        Assert.Equal(
            $"--input {_folder["s/*.las"]}: no file matches", Assert.Throws<ConfigurationException>(() => Find(true, "out", "s/*.las")).Message);
    }

    [Fact]
    public void Links_to_folders_are_not_followed()
    {
        Touch("s/a.las");
        Directory.CreateSymbolicLink(_folder["s/loop"], _folder["s"]);

        Assert.Equal(["a"], Find("s").Inputs.Select(input => input.RelativePath));
    }

    [Fact]
    public void An_archive_gives_its_members()
    {
        Touch("s/b.las");
        Pack("s/a.zip", "x/1.laz", "x/1.las", "../2.ply", "notes.pdf");
        Pack("s/b.zip", "1.las");
        Pack("s/empty.zip", "notes.pdf");
        _folder.Write("s/broken.zip", "PK\u0003\u0004");

        InputList found = Find("s");

        Assert.Equal(
            [("a.zip!/x/1.laz", "a/x/1"), ("a.zip!/x/1.las", "a/x/1.las"), ("a.zip!/__/2.ply", "a/__/2"), ("b.las", "b"), ("b.zip!/1.las", "b.zip/1"), ("broken.zip", "broken")],
            found.Inputs.Select(input => (Path.GetRelativePath(_folder["s"], input.Path), input.RelativePath)));
        Assert.Equal("a%2Fx%2F1", found.Inputs[0].Source);
        Assert.Equal(3, found.Inputs[0].Bytes);
        Assert.Equal([$"{_folder["s/empty.zip"]}: no member of the archive has the name of a point cloud"], found.Warnings);
        Assert.Equal("1.las", Assert.Single(Find("s/a.zip!/x/1.las").Inputs).RelativePath + ".las");
    }

    [Fact]
    public void The_parts_of_a_dataset_are_one_input()
    {
        Touch("s/points/source=x%2Fa.1/part-00000.parquet", "s/points/source=x%2Fa.1/part-00001.parquet", "s/points/source=..%2Fb/part-00000.parquet", "s/c.parquet");
        _folder.Write("s/points/source=x%2Fa.1/part-00001.parquet", "1234");

        InputList found = Find("s");

        Assert.Equal(
            [("points/source=..%2Fb", "__/b"), ("c.parquet", "c"), ("points/source=x%2Fa.1", "x/a.1")],
            found.Inputs.Select(input => (Path.GetRelativePath(_folder["s"], input.Path), input.RelativePath)));
        Assert.Equal(4, found.Inputs[2].Bytes);
        Assert.Equal(["x/a.1"], Find("s/points/source=x%2Fa.1").Inputs.Select(input => input.RelativePath));
    }

    [Fact]
    public void Tables_are_inputs_only_where_they_are_named()
    {
        Touch("s/a.csv", "s/b.xyz", "s/c.txt");

        Assert.Equal(["b"], Find("s").Inputs.Select(input => input.RelativePath));
        Assert.Equal(["a", "c"], Find("s/*.csv", "s/c.txt").Inputs.Select(input => input.RelativePath));
    }

    [Theory]
    [InlineData("a b", "a b")]
    [InlineData("100%/x=1", "100%25%2Fx%3D1")]
    [InlineData("q?*:", "q%3F%2A%3A")]
    [InlineData("Zürich", "Zürich")]
    public void The_source_can_be_a_folder_name(string relativePath, string source) =>
        Assert.Equal(source, new SegmentationInput("/a.las", relativePath).Source);

    private void Touch(params string[] files)
    {
        foreach (string file in files) _folder.Write(file);
    }

    private void Pack(string file, params string[] members)
    {
        using System.IO.Compression.ZipArchive archive = System.IO.Compression.ZipFile.Open(_folder[file], System.IO.Compression.ZipArchiveMode.Create);
        foreach (string member in members)
        {
            using Stream stream = archive.CreateEntry(member).Open();
            stream.Write([1, 2, 3]);
        }
    }

    private InputList Find(params string[] inputs) => Find(false, "out", inputs);

    private InputList Find(bool fromCommandLine, string output, params string[] inputs) => InputList.FindAsync(new()
    {
        Inputs = [.. inputs.Select(input => _folder[input])],
        InputsFromCommandLine = fromCommandLine,
        Model = _folder["m"],
        Output = _folder[output],
    }).GetAwaiter().GetResult();
}
