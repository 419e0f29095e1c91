using System.Security.Cryptography;
using System.Text.RegularExpressions;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Pipeline.Synthesis;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Pipeline.Tests.Synthesis;

public sealed partial class SyntheticSurveyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("synthesis-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void The_file_is_las_1_4_in_metres()
    {
        string path = Path.Combine(_folder, "deep", "survey.las");
        SyntheticSurveyFile.Write(path, new SynthesisOptions { Points = 5000 });
        using LasReader reader = new(path);
        Assert.Equal("1.4", reader.Las.Version);
        Assert.Equal(6, reader.Las.PointFormat);
        Assert.Equal(5000, reader.Header.PointCount);
        Assert.Equal(17, reader.Las.GlobalEncoding);
        Assert.Equal(32632, reader.Header.Crs.Epsg);
        Assert.Equal(CrsKind.Projected, reader.Header.Crs.Kind);
        Assert.Equal(1, reader.Header.Crs.HorizontalUnit);
        Assert.Equal([path], Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_survey_that_is_cancelled_leaves_nothing()
    {
        using CancellationTokenSource cancel = new();
        Assert.ThrowsAny<OperationCanceledException>(() => SyntheticSurveyFile.Write(
            Path.Combine(_folder, "survey.las"), new SynthesisOptions { Points = 100_000_000 }, new Cancelling(cancel), cancel.Token));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public void The_samples_are_what_their_commands_make()
    {
        string samples = Path.Combine(SharedFiles.Repository, "sample-data");
        MatchCollection commands = Command().Matches(File.ReadAllText(Path.Combine(samples, "README.md")));
        Assert.Equal(Directory.EnumerateFiles(samples, "*.las").Select(Path.GetFileName).Order(), commands.Select(command => command.Groups["name"].Value).Order());
        foreach (Match command in commands)
        {
            string name = command.Groups["name"].Value, made = Path.Combine(_folder, name);
            SyntheticSurveyFile.Write(made, new SynthesisOptions
            {
                Points = long.Parse(command.Groups["points"].Value),
                Seed = ulong.Parse(command.Groups["seed"].Value),
                Density = double.Parse(command.Groups["density"].Value),
            });
            Assert.Equal(Hash(Path.Combine(samples, name)), Hash(made));
        }
    }

    private static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    [GeneratedRegex(@"synthesize sample-data/(?<name>\S+) --points (?<points>\d+) --seed (?<seed>\d+) --density (?<density>[\d.]+)")]
    private static partial Regex Command();

    private sealed class Cancelling(CancellationTokenSource cancel) : IProgress<long>
    {
        public void Report(long value) => cancel.Cancel();
    }
}
