using System.CommandLine;
using System.Text.Json;
using BatchSegmenter.Commands;
using BatchSegmenter.Formats;

namespace BatchSegmenter.Tests.Commands;

public class BenchReadCommandTests
{
    [SkippableTheory]
    [InlineData("formats/laz/pdal-lone-star.laz")]
    [InlineData("survey/validation/us-hills.las")]
    public void Speed_is_told_in_points_and_in_bytes_of_the_file(string name)
    {
        string path = SharedFiles.Require(name);
        (int code, string output) = Run(path, "--reps", "2", "--json");
        Assert.Equal(0, code);
        JsonElement speed = JsonDocument.Parse(output).RootElement;
        double seconds = speed.GetProperty("medianSeconds").GetDouble(), points = speed.GetProperty("points").GetInt64();
        using PointCloudReader reader = PointCloudReader.Open(path);
        Assert.Equal(reader.Header.PointCount, points);
        Assert.Equal(2, speed.GetProperty("seconds").GetArrayLength());
        Assert.Equal(points / seconds, speed.GetProperty("pointsPerSecond").GetDouble(), 1e-3 * points / seconds);
        Assert.Equal(new FileInfo(path).Length / seconds, speed.GetProperty("bytesPerSecond").GetDouble(), 1e-3 * new FileInfo(path).Length / seconds);
    }

    [Fact]
    public void A_missing_file_and_a_senseless_count_are_usage_errors()
    {
        Assert.Equal(2, Run("no-such-file.laz").Code);
        Assert.Equal(2, Run("no-such-file.laz", "--reps", "0").Code);
    }

    private static (int Code, string Output) Run(params string[] arguments)
    {
        using StringWriter output = new();
        InvocationConfiguration configuration = new() { Output = output, Error = output };
        ParseResult parsed = BenchReadCommand.Create().Parse(arguments);
        return (parsed.Errors.Count > 0 ? 2 : parsed.Invoke(configuration), output.ToString());
    }
}
