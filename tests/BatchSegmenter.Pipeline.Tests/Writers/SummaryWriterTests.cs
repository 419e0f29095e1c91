using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Tests.Writers;

public sealed class SummaryWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_row_per_input_with_a_column_per_label()
    {
        await SummaryWriter.WriteAsync(
            new LocalStore(_folder.Path), "summary.csv",
            [
                new("/s/a, b.las", "a, b", InputStatus.Done)
                {
                    Points = 1000, Seconds = 0.25, LabelCounts = new Dictionary<int, long> { [6] = 400, [2] = 600 }, MeanConfidence = 0.91239,
                },
                new("/s/bad.laz", "bad", InputStatus.Failed) { Error = "/s/bad.laz at byte 227: \"truncated\"" },
            ],
            [5]);

        Assert.Equal(
            """"
            input,source,points,seconds,points_per_second,count_2,count_5,count_6,mean_confidence,status,error
            "/s/a, b.las","a, b",1000,0.25,4000,600,0,400,0.9124,done,
            /s/bad.laz,bad,0,0,0,0,0,0,,failed,"/s/bad.laz at byte 227: ""truncated"""

            """",
            File.ReadAllText(_folder["summary.csv"]));
    }

    [Fact]
    public async Task Without_inputs_the_header_stands_alone()
    {
        await SummaryWriter.WriteAsync(new LocalStore(_folder.Path), "summary.csv", [], []);

        Assert.Equal("input,source,points,seconds,points_per_second,mean_confidence,status,error\n", File.ReadAllText(_folder["summary.csv"]));
    }
}
