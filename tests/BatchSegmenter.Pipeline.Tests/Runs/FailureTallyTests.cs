using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Options;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class FailureTallyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Points_come_from_headers_or_from_what_is_known()
    {
        SegmentationInput[] inputs = [.. new[] { 100, 200, 700 }.Select((points, i) => new SegmentationInput(SampleSurvey.Write(_folder[$"{i}.las"], SampleSurvey.Points(points)), $"{i}"))];

        FailureTally all = await Of("20% of points", inputs, _ => null);
        Assert.Null(all.Add(0));
        Assert.Equal("inputs with 300 of 1,000 points failed, but limits.maxFailures allows 20% of points", all.Add(1));

        FailureTally known = await Of("20% of points", inputs, i => i == 2 ? 9700 : null);
        Assert.Null(known.Add(1));
        Assert.Null(known.Add(0));
    }

    [Fact]
    public void Inputs_without_a_readable_header_count_by_their_bytes()
    {
        SegmentationInput[] inputs = [Input(1000), Input(3000), Input(500)];

        Assert.Equal([50, 150, 25], FailureTally.Points(inputs, i => i == 0 ? 50 : i == 1 ? 150 : null));
        Assert.Equal([1000, 3000, 500], FailureTally.Points(inputs, _ => null));
        Assert.Equal([0, 3000, 500], FailureTally.Points(inputs, i => i == 0 ? 0 : null));

        static SegmentationInput Input(long bytes) => new("/none.las", "none") { Bytes = bytes };
    }

    [Fact]
    public async Task No_header_is_read_unless_points_count()
    {
        SegmentationInput[] inputs = [.. Enumerable.Range(0, 4).Select(i => new SegmentationInput(_folder[$"{i}.las"], $"{i}"))];

        FailureTally shares = await Of("25%", inputs, _ => throw new InvalidOperationException("must not be asked"));
        Assert.Null(shares.Add(0));
        Assert.Equal("2 of 4 inputs failed, but limits.maxFailures allows 25%", shares.Add(1));
        FailureTally counts = await Of("1", inputs, _ => throw new InvalidOperationException("must not be asked"));
        Assert.Null(counts.Add(3));
        Assert.Equal("2 inputs failed, but limits.maxFailures allows 1", counts.Add(2));
    }

    private static Task<FailureTally> Of(string limit, IReadOnlyList<SegmentationInput> inputs, Func<int, long?> known) =>
        FailureTally.OfAsync(FailureLimit.Parse(limit)!.Value, inputs, known, PointReadOptions.Default);
}
