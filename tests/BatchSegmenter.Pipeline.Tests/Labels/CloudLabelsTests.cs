using BatchSegmenter.Pipeline.Labels;

namespace BatchSegmenter.Pipeline.Tests.Labels;

public sealed class CloudLabelsTests
{
    [Fact]
    public void A_point_waits_or_has_the_sources_class_with_full_confidence()
    {
        CloudLabels labels = new(3, 2, keepProbabilities: true);
        labels.Await(0);
        labels.KeepSource(2, 7);

        Assert.Equal(new byte[] { CloudLabels.Awaited, 0, CloudLabels.FromSource }, labels.ClassId);
        Assert.Equal(new byte[] { 0, 0, 7 }, labels.Label);
        Assert.Equal([0f, 0f, 1f], labels.Confidence);
        Assert.Equal(6, labels.Probabilities!.Length);
        Assert.Equal((3, 2), (labels.Count, labels.Classes));
    }

    [Fact]
    public void Probabilities_cost_memory_only_where_they_are_asked_for() => Assert.Null(new CloudLabels(3, 2, keepProbabilities: false).Probabilities);
}
