using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.OutOfCore;

namespace BatchSegmenter.Pipeline.Tests.OutOfCore;

public sealed class SpilledLabelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ScratchFolder _scratch;

    public SpilledLabelsTests() => _scratch = new ScratchFolder(_folder["scratch"]);

    public void Dispose()
    {
        _scratch.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void They_are_those_that_memory_would_hold(bool probabilities)
    {
        const int count = 600_000, classes = 2;
        int[] order = [.. Enumerable.Range(0, count)];
        new Random(1).Shuffle(order);
        HeldLabels held = new(count, classes, probabilities);
        using SpilledLabels spilled = new(_scratch.Create("labels"), count, classes, probabilities);
        foreach (int[] some in order.Chunk(10_000))
            foreach (CloudLabels labels in (CloudLabels[])[held, spilled])
            {
                foreach (int point in some.Take(100)) labels.KeepSource(point, (byte)(point % 256));
                int[] rest = some[100..];
                labels.Put(rest, new LabelRun(
                    Array.ConvertAll(rest, p => (byte)(p % classes)), Array.ConvertAll(rest, p => (byte)(p % 7)), Array.ConvertAll(rest, p => p / 1e6f),
                    probabilities ? rest.SelectMany(p => new[] { p / 2e6f, p / 3e6f }).ToArray() : default));
            }

        foreach ((int first, int length) in ((int, int)[])[(0, 1 << 18), (0, 0), (1, 1 << 18), ((1 << 18) - 5, 10), (100_000, 500_000), (count - 1, 1)])
        {
            LabelRun expected = held.Read(first, length), found = spilled.Read(first, length);
            Assert.True(expected.ClassId.Span.SequenceEqual(found.ClassId.Span) && expected.Label.Span.SequenceEqual(found.Label.Span));
            Assert.True(expected.Confidence.Span.SequenceEqual(found.Confidence.Span) && expected.Probabilities.Span.SequenceEqual(found.Probabilities.Span));
        }
    }

    [Fact]
    public void A_point_without_a_label_is_noticed()
    {
        using SpilledLabels labels = new(_scratch.Create("labels"), 3, 2, false);
        labels.KeepSource(0, 1);
        labels.KeepSource(2, 1);

        Assert.Contains("2 of 3 points", Assert.Throws<InvalidOperationException>(() => labels.Read(0, 1)).Message);
    }
}
