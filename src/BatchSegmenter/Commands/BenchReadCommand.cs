using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Archives;
using BatchSegmenter.Formats.Parquet;

namespace BatchSegmenter.Commands;

/// <summary><c>batchsegmenter bench read</c>: how fast a file is decoded, and nothing else.</summary>
internal static class BenchReadCommand
{
    private const int PointsAtOnce = 1 << 16;
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "A point cloud of any format that is read." };
        Option<int> reps = new("--reps") { Description = "Times the file is read, after one that does not count.", HelpName = "N", DefaultValueFactory = _ => 5 };
        Option<int> cores = new("--cores") { Description = "Threads that decode, where the format has chunks.", HelpName = "N", DefaultValueFactory = _ => 1 };
        Option<bool> positions = new("--positions") { Description = "Decode positions alone instead of every attribute." };
        Option<bool> json = new("--json") { Description = "Print one JSON object." };
        foreach (Option<int> count in (ReadOnlySpan<Option<int>>)[reps, cores])
            count.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<int>() is < 1 or > 1000) result.AddError($"{count.Name}: a number from 1 to 1000 was expected.");
            });
        Command command = new("read", "Decode a file again and again and tell the speed: the median of the repetitions.") { file, reps, cores, positions, json };
        command.SetAction((parsed, cancellation) => Task.FromResult(FileCommand.Run(parsed.GetRequiredValue(file), path =>
        {
            PointReadOptions options = new() { Cores = parsed.GetValue(cores) };
            bool all = !parsed.GetValue(positions);
            (PointCloudHeader header, long points, _) = Measure(path, options, all, cancellation);
            double[] seconds = [.. Enumerable.Range(0, parsed.GetValue(reps)).Select(_ => Measure(path, options, all, cancellation).Seconds).Order()];
            Write(new Speed(path, header.Format, points, Bytes(path), options.Cores, seconds), parsed.GetValue(json), parsed.InvocationConfiguration.Output);
            return 0;
        })));
        return command;
    }

    private static long Bytes(string path) => Directory.Exists(path)
        ? PointDatasetFolder.Parts(path).Sum(part => new FileInfo(part).Length)
        : new FileInfo(ArchiveMembers.FileOf(path)).Length;

    private static (PointCloudHeader Header, long Points, double Seconds) Measure(string path, PointReadOptions options, bool all, CancellationToken cancellation)
    {
        long start = Stopwatch.GetTimestamp(), points = 0;
        using PointCloudReader reader = PointCloudReader.Open(path, options);
        PointColumns columns = new(PointsAtOnce, all ? reader.Header.Attributes : PointAttributes.None);
        for (int count; (count = reader.Read(columns, PointsAtOnce)) > 0; columns.Count = 0)
        {
            cancellation.ThrowIfCancellationRequested();
            points += count;
        }

        return (reader.Header, points, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    private static void Write(Speed speed, bool asJson, TextWriter output)
    {
        if (asJson) output.WriteLine(JsonSerializer.Serialize(speed, Json));
        else
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{speed.Path}: {speed.Points:N0} points of {speed.Format} in {speed.MedianSeconds:0.0000} s, {speed.PointsPerSecond:N0} points/s, {speed.BytesPerSecond / 1e6:N1} MB/s (median of {speed.Seconds.Length}, {speed.Cores} threads)"));
        }
    }

    /// <summary>What is printed. Seconds are in ascending order, the file's opening included; bytes are those of the file.</summary>
    private sealed record Speed(string Path, string Format, long Points, long Bytes, int Cores, double[] Seconds)
    {
        public double MedianSeconds => (Seconds[(Seconds.Length - 1) / 2] + Seconds[Seconds.Length / 2]) / 2;

        public double PointsPerSecond => Points / MedianSeconds;

        public double BytesPerSecond => Bytes / MedianSeconds;
    }
}
