using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Labels;

public sealed class LabelNamesTests
{
    [Fact]
    public void The_bundles_names_come_before_the_standards()
    {
        string[] names = LabelNames.Of([new() { Id = 0, Name = "bare_earth", Asprs = 2 }, new() { Id = 1, Name = "solar_panel", Asprs = 64 }]);

        Assert.Equal(256, names.Length);
        Assert.Equal(
            ["unclassified", "bare_earth", "high_vegetation", "building", "low_noise", "water", "high_noise", "class_23", "solar_panel", "class_255"],
            new[] { 1, 2, 5, 6, 7, 9, 18, 23, 64, 255 }.Select(code => names[code]));
    }

    [Fact]
    public void A_class_that_becomes_several_codes_by_height_leaves_them_their_names()
    {
        string[] names = LabelNames.Of(SampleBundle.Classes);

        Assert.Equal(["low_vegetation", "medium_vegetation", "high_vegetation"], names[3..6]);
        Assert.DoesNotContain("vegetation", names);
    }

    [Fact]
    public void A_class_without_a_code_is_written_as_its_id() =>
        Assert.Equal("chair", LabelNames.Of([new() { Id = 0, Name = "floor" }, new() { Id = 1, Name = "chair" }])[1]);
}
