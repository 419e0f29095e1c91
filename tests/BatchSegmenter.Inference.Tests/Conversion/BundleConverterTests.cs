using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Networks.Recognition;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Inference.Tests.Conversion;

public sealed class BundleConverterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, NeighbourhoodPlace> Cases
    {
        get
        {
            TheoryData<string, NeighbourhoodPlace> cases = [];
            foreach (string name in GoldenCheckpoint.Names)
            {
                cases.Add(name, NeighbourhoodPlace.Outside);
                cases.Add(name, NeighbourhoodPlace.Inside);
            }
            return cases;
        }
    }

    /// <summary>Every family, both ways, against the scores that PyTorch gave.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void AConvertedNetworkScoresAsPyTorchDid(string name, NeighbourhoodPlace place)
    {
        GoldenCheckpoint golden = new(name);
        ConvertedBundle converted = Convert(golden, place);

        Assert.True(converted.Report.Passed, converted.Report.ToText());
        Assert.Equal(2, converted.Report.Checks.Count(check => check.Name == "golden vectors"));
        Assert.DoesNotContain(converted.Report.Checks, check => check.Outcome is CheckOutcome.Skipped or CheckOutcome.Warned);
        Assert.Equal(
            ["card.md", "golden.npz", "model.json", "model.onnx", "verification.json", "verification.md"], converted.Bundle!.Files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(converted.Report.NetworkSha256, converted.Bundle.Files[ModelBundle.NetworkFile]);
    }

    [Fact]
    public void ConvertingAgainGivesTheSameBundle()
    {
        GoldenCheckpoint golden = new("sem_seg");
        string first = Convert(golden, NeighbourhoodPlace.Outside).Bundle!.Id;
        Assert.Equal(first, Convert(golden, NeighbourhoodPlace.Outside).Bundle!.Id);
    }

    [Theory]
    [InlineData("radius")]
    [InlineData("neighbours")]
    [InlineData("samples")]
    public void AWrongParameterDoesNotPassTheGoldenVectors(string what)
    {
        GoldenCheckpoint golden = new("sem_seg");
        NetworkParameters right = golden.Parameters;
        NetworkParameters wrong = what switch
        {
            "radius" => right with { Radii = [.. right.Radii!.Select(level => (IReadOnlyList<float>)[level[0] * 1.3f])] },
            "neighbours" => right with { Neighbors = [.. right.Neighbors!.Select(level => (IReadOnlyList<int>)[level[0] / 2])] },
            _ => right with { Samples = [.. right.Samples!.Select(samples => samples * 3 / 4)] },
        };

        ConvertedBundle converted = BundleConverter.Convert(golden.Path, _folder["bundle"], Options(golden, NeighbourhoodPlace.Outside) with { Sources = [new ParameterSource("flag", wrong)] });

        Assert.Null(converted.Bundle);
        Assert.False(Directory.Exists(_folder["bundle"]));
        VerificationCheck failed = Assert.Single(converted.Report.Checks, check => check.Outcome == CheckOutcome.Failed);
        Assert.Equal("golden vectors", failed.Name);
    }

    [Fact]
    public void GoldenVectorsOfAnotherNetworkAreRefused()
    {
        GoldenCheckpoint golden = new("sem_seg");
        ConversionOptions options = Options(golden, NeighbourhoodPlace.Outside) with { Golden = [("other", GoldenVectors.Read(new GoldenCheckpoint("sem_seg_msg").GoldenPath))] };
        Assert.Throws<InvalidGoldenVectorsException>(() => BundleConverter.Convert(golden.Path, _folder["bundle"], options));
    }

    [Fact]
    public void WhatIsKnownOfChannelsAndClassesStandsInTheDescription()
    {
        GoldenCheckpoint golden = new("sem_seg");
        ConversionOptions options = Options(golden, NeighbourhoodPlace.Outside);
        ConvertedBundle converted = BundleConverter.Convert(
            golden.Path, _folder["bundle"], options with { Sources = [.. options.Sources, new ParameterSource(NetworkPreset.Find("s3dis")!)], Name = "rooms", Version = "7" });

        ModelDescription description = converted.Bundle!.Description;
        Assert.Equal(("rooms", "7"), (description.Name, description.Version));
        Assert.Equal("ceiling", description.Classes[0].Name);
        Assert.Equal(["x", "y", "z", "red", "green", "blue", "cloud_x", "cloud_y", "cloud_z"], description.Input.Features.Select(feature => feature.Name));
        Assert.Equal(BlockOrigin.Base, description.Input.Origin);
        Assert.EndsWith("(from flag)", (string)description.Provenance!["taken"]!["radii"]!);
        Assert.EndsWith("(from preset s3dis)", (string)description.Provenance["taken"]!["classes"]!);
        Assert.Contains("sem_seg.pth", (string)description.Provenance["checkpoint"]!["file"]!);
    }

    private static ConversionOptions Options(GoldenCheckpoint golden, NeighbourhoodPlace place) => new()
    {
        Sources = [new ParameterSource("flag", golden.Parameters with { BlockPoints = 1024 })],
        Neighbourhoods = place,
        Golden = [("PyTorch", GoldenVectors.Read(golden.GoldenPath))],
    };

    private ConvertedBundle Convert(GoldenCheckpoint golden, NeighbourhoodPlace place) => BundleConverter.Convert(golden.Path, _folder["bundle"], Options(golden, place));
}
