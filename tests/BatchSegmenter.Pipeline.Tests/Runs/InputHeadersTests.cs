using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class InputHeadersTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Headers_come_at_the_positions_of_their_inputs()
    {
        SegmentationInput[] inputs = [.. Enumerable.Range(0, 50).Select(i => new SegmentationInput(i % 7 == 3 ? _folder.Write($"{i}.las", "no survey") : SampleSurvey.Write(_folder[$"{i}.las"], SampleSurvey.Points(10 + i)), $"{i}"))];

        InputHeader[] headers = await InputHeaders.ReadAsync(inputs, PointReadOptions.Default, i => i % 5 != 0);

        for (int i = 0; i < inputs.Length; i++)
        {
            if (i % 5 == 0) Assert.Equal(default, headers[i]);
            else if (i % 7 == 3) Assert.Contains($"{i}.las", headers[i].Problem);
            else Assert.Equal((10 + i, null), (headers[i].Header!.PointCount, headers[i].Problem));
        }
    }

    [Fact]
    public async Task A_file_that_is_gone_is_a_problem_of_its_own()
    {
        InputHeader header = Assert.Single(await InputHeaders.ReadAsync([new SegmentationInput(_folder["none.las"], "none")], PointReadOptions.Default, _ => true));

        Assert.Null(header.Header);
        Assert.Contains("none.las", header.Problem);
    }

    [Fact]
    public async Task No_inputs_are_no_headers() => Assert.Empty(await InputHeaders.ReadAsync([], PointReadOptions.Default, _ => true));

    [Fact]
    public async Task Reading_can_be_cancelled()
    {
        using CancellationTokenSource stop = new();
        SegmentationInput[] inputs = [.. Enumerable.Range(0, 100).Select(i => new SegmentationInput(_folder["a.las"], $"{i}"))];

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => InputHeaders.ReadAsync(inputs, PointReadOptions.Default, _ =>
        {
            stop.Cancel();
            return false;
        }, stop.Token));
    }
}
