using BatchSegmenter.Pipeline.Labels;

namespace BatchSegmenter.Pipeline.Tests.Labels;

public sealed class HeldLabelsTests
{
    [Fact]
    public void Labels_come_back_in_file_order_whatever_the_order_they_were_put_in()
    {
        HeldLabels labels = new(4, 2, keepProbabilities: true);
        labels.Put([3, 1], new LabelRun(new byte[] { 0, 1 }, new byte[] { 2, 6 }, new[] { 0.75f, 0.5f }, new[] { 0.75f, 0.25f, 0.5f, 0.5f }));
        labels.KeepSource(2, 7);

        LabelRun run = labels.Read(1, 3);

        Assert.Equal(new byte[] { 1, CloudLabels.FromSource, 0 }, run.ClassId.ToArray());
        Assert.Equal(new byte[] { 6, 7, 2 }, run.Label.ToArray());
        Assert.Equal([0.5f, 1f, 0.75f], run.Confidence.ToArray());
        Assert.Equal([0.5f, 0.5f, 0, 0, 0.75f, 0.25f], run.Probabilities.ToArray());
        Assert.Equal((4, 2), (labels.Count, labels.Classes));
    }

    [Fact]
    public void Probabilities_cost_memory_only_where_they_are_asked_for()
    {
        HeldLabels labels = new(3, 2, keepProbabilities: false);

        Assert.Null(labels.Probabilities);
        Assert.True(labels.Read(0, 3).Probabilities.IsEmpty);
    }
}
