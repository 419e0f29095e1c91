using BatchSegmenter.Formats;
using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class InputFitTests
{
    private static readonly CoordinateReferenceSystem Metres = new(32631, null, CrsKind.Projected, 1, 1);
    private static readonly SurveySurface Full = SurveySurface.Measure(SampleSurvey.Points(1000));

    [Fact]
    public void An_input_like_the_training_data_gets_no_warning() => Assert.Empty(InputFit.Warnings(SampleBundle.Description, Metres, Full));

    [Fact]
    public void A_missing_reference_system_is_told() =>
        Assert.Contains("metres are presumed", Assert.Single(InputFit.Warnings(SampleBundle.Description, CoordinateReferenceSystem.Unknown, Full)));

    [Theory]
    [InlineData(0.5, 1, 20, false)]
    [InlineData(0.5, 5, 20, false)]
    [InlineData(0.6, 5, 20, true)]
    [InlineData(0.15, 1, 20, true)]
    [InlineData(0.2, 1, 20, false)] // a little beyond the range is not worth a word
    [InlineData(2, 1, 20, true)]
    public void A_density_outside_the_trained_range_is_told(double spacing, double least, double most, bool isTold)
    {
        ModelDescription model = SampleBundle.Description with { Trained = new TrainedRange([least, most]) };

        string[] warnings = [.. InputFit.Warnings(model, Metres, Full with { Spacing = spacing })];

        Assert.Equal(isTold ? 1 : 0, warnings.Length);
        if (isTold) Assert.Contains($"trained for {least} to {most}", warnings[0]);
    }

    [Fact]
    public void Channels_that_the_input_lacks_are_told()
    {
        string[] warnings = [.. InputFit.Warnings(SampleBundle.Description, Metres, Full with { Intensity = null, HasReturns = false })];

        Assert.Collection(warnings, line => Assert.Contains("no intensity", line), line => Assert.Contains("more than one return", line));
    }

    [Fact]
    public void Channels_that_the_model_does_not_use_are_not_missed()
    {
        ModelDescription model = SampleBundle.Description with { Input = SampleBundle.Input with { Features = [new FeatureDescription("planarity")] } };

        Assert.Empty(InputFit.Warnings(model, Metres, Full with { Intensity = null, HasReturns = false }));
        Assert.Empty(InputFit.Missing(model, PointAttributes.None));
    }

    [Theory]
    [InlineData("intensity_rank", "intensity")]
    [InlineData("return_count", "return numbers")]
    public void A_bundle_may_refuse_what_lacks_a_channel(string feature, string lacking)
    {
        ModelDescription model = SampleBundle.Description with { Input = SampleBundle.Input with { Features = [new FeatureDescription(feature, MissingFeature.Fail)] } };

        InputRefusedException fault = Assert.Throws<InputRefusedException>(
            () => InputFit.Warnings(model, Metres, Full with { Intensity = null, HasReturns = false }).ToArray());

        Assert.Contains(lacking, fault.Message);
        Assert.Contains($"'{feature}'", fault.Message);
        Assert.Equal(fault.Message, Assert.Throws<InputRefusedException>(() => InputFit.Missing(model, PointAttributes.Color)).Message);
        Assert.Empty(InputFit.Warnings(model, Metres, Full));
    }

    [Theory]
    [InlineData(PointAttributes.All, "")]
    [InlineData(PointAttributes.None, "intensity, return numbers")]
    [InlineData(PointAttributes.Intensity | PointAttributes.ReturnNumber, "return numbers")]
    public void A_header_tells_which_channels_are_missing(PointAttributes attributes, string expected) =>
        Assert.Equal(expected, string.Join(", ", InputFit.Missing(SampleBundle.Description, attributes)));
}
