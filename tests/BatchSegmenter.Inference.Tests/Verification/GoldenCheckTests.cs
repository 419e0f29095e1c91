using BatchSegmenter.Inference.Conversion;
using BatchSegmenter.Inference.Verification;
using BatchSegmenter.Onnx.Checkpoints;
using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;
using BatchSegmenter.Onnx.Networks.Recognition;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Inference.Tests.Verification;

/// <summary>Other code rounds distances otherwise, so that a point at exactly the radius may be within or not: neither is wrong, and nothing else is forgiven.</summary>
public sealed class GoldenCheckTests : IDisposable
{
    private const int Count = 400;
    private static readonly GoldenCheckpoint Golden = new("sem_seg");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(NeighbourhoodPlace.Outside)]
    [InlineData(NeighbourhoodPlace.Inside)]
    public void NeighboursAtTheVeryRadiusMayBeTakenEitherWay(NeighbourhoodPlace place)
    {
        VerificationCheck check = Compare(place, network => network with { RadiusExclusive = true }, _ => { });
        Assert.True(check.Outcome == CheckOutcome.Passed, check.Detail);
        Assert.InRange((int)check.Figures!["neighboursTurned"]!, 1, (int)check.Figures["neighboursAtBoundary"]!);
        Assert.Contains("taken the other way", check.Detail);
    }

    [Fact]
    public void NothingIsTurnedWhereScoresAreTheSame()
    {
        VerificationCheck check = Compare(NeighbourhoodPlace.Outside, network => network, _ => { });
        Assert.Equal(CheckOutcome.Passed, check.Outcome);
        Assert.False(check.Figures!.ContainsKey("neighboursTurned"));
    }

    [Fact]
    public void AnotherRadiusIsNotForgiven() => Assert.Equal(CheckOutcome.Failed, Compare(
        NeighbourhoodPlace.Outside,
        network => network with { Levels = [network.Levels[0] with { Scales = [network.Levels[0].Scales[0] with { Radius = 0.26f }] }, .. network.Levels.Skip(1)] }, _ => { }).Outcome);

    [Fact]
    public void AScoreThatIsWrongIsNotForgiven() => Assert.Equal(CheckOutcome.Failed, Compare(
        NeighbourhoodPlace.Outside, network => network with { RadiusExclusive = true }, scores => scores[17][0] += 0.01).Outcome);

    /// <summary>The scores of the checkpoint's network, described otherwise, for a cloud with lonely pairs of points that are just the first level's radius from each other.</summary>
    private VerificationCheck Compare(NeighbourhoodPlace place, Func<PointNet2Description, PointNet2Description> change, Action<double[][]> spoil)
    {
        ParameterSource source = new("flag", Golden.Parameters with { BlockPoints = Count });
        ModelBundle bundle = BundleConverter.Convert(Golden.Path, _folder["bundle"], new ConversionOptions { Sources = [source], Neighbourhoods = place }).Bundle!;
        Checkpoint checkpoint = Checkpoint.Open(Golden.Path);
        RecognizedNetwork recognized = NetworkRecognition.Recognize(checkpoint, source);
        PointNet2Description network = (PointNet2Description)recognized.Description;

        float[] points = TestCloud.Of(network, Count, seed: 5).Points;
        for (int i = 0; i < 20; i++) (points[9 * i], points[9 * i + 1], points[9 * i + 2]) = (2 * (i / 2) + 0.25f * (i % 2), 0, 4);
        PlainNetwork other = new(change(network), name => checkpoint.Tensors.TryGetValue(name, out CheckpointTensor? tensor) ? (tensor.ToFloats(), tensor.Shape) : null, recognized.Layers);
        double[][] scores = other.Evaluate(points).LogSoftmax();
        spoil(scores);
        byte[] file = GoldenVectorsWriter.Write(network, Count, [points], [scores], [-1]);

        VerificationReport report = BundleVerification.Verify(bundle, new VerificationInputs
        {
            Checkpoint = BundleCheckpoint.Open(Golden.Path, bundle.Description.Architecture, [source]),
            Golden = [("other code", GoldenVectors.Read(new MemoryStream(file), "golden"))],
        });
        return report.Checks.Single(check => check.Name == "golden vectors");
    }
}
