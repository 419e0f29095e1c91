using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Formats.Tests.Las;

namespace BatchSegmenter.Formats.Tests.Laz;

/// <summary>Files that are written here, read by laz-perf: other people's code, from the npm registry.</summary>
public sealed class LazPerfTests : IDisposable
{
    private static readonly string Peers = Path.Combine(Path.GetTempPath(), "batchsegmenter-peers");
    private readonly string _folder = Directory.CreateTempSubdirectory("laz-perf-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Laz_perf_reads_the_records_of_real_files_that_were_written_here(int pointFormat)
    {
        Install();
        List<string> paths = [], expected = [];
        IEnumerable<RecordsList> rows = RecordsList.Of("las").Concat(RecordsList.Of("laz")).Concat(RecordsList.Of("copc"));
        foreach (RecordsList row in rows.Where(row => row.PointFormat == pointFormat && row.PointCount is > 0 and < 120_000).Take(40))
        {
            using LasReader source = new(row.FullPath);
            if (source.Las.VersionMinor > 4) continue;
            paths.Add(Path.Combine(_folder, $"{paths.Count}.laz"));
            expected.Add($"{row.PointCount} {row.Sha256}");
            using FileStream file = File.Create(paths[^1]);
            LasTranslation.Translate(source, file, compressed: true, cores: 2);
        }

        Assert.NotEmpty(paths);
        Assert.Equal(expected, Read(paths));
    }

    [SkippableTheory]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(8)]
    public void Laz_perf_reads_what_no_scanner_measures(int pointFormat)
    {
        Install();
        Random random = new(pointFormat);
        PointColumns columns = new(0, PointAttributes.All);
        columns.EnsureCapacity(60_000);
        columns.Count = 60_000;
        for (int i = 0; i < columns.Count; i++)
        {
            columns.X[i] = random.Next();
            columns.Y[i] = random.Next(100);
            columns.Z[i] = -random.Next();
            columns.ReturnNumber![i] = (byte)random.Next(1, 6);
            columns.NumberOfReturns![i] = (byte)random.Next(1, 6);
            columns.ScannerChannel![i] = (byte)random.Next(pointFormat >= 6 ? 2 : 1);
            columns.GpsTime![i] = random.Next(3) == 0 ? random.NextDouble() * 1e9 : i * 1e-5;
            columns.Classification![i] = (byte)random.Next(32);
            columns.Intensity![i] = (ushort)random.Next(65536);
            columns.Red![i] = (ushort)random.Next(65536);
            columns.Nir![i] = (ushort)random.Next(65536);
        }

        string path = Path.Combine(_folder, "wild.laz");
        using (LasWriter writer = new(File.Create(path), new LasWriterOptions { PointFormat = pointFormat, Scale = (1, 1, 1), Compressed = true, ExtraBytesLength = 2 }))
        {
            byte[] extra = new byte[2 * columns.Count];
            random.NextBytes(extra);
            writer.Write(columns, extra);
        }

        using LasReader reader = new(path);
        Assert.Equal([$"60000 {RecordsList.Hash(reader, 1000)}"], Read([path]));
    }

    private static string[] Read(IReadOnlyList<string> paths) =>
        Run("node", [Path.Combine(AppContext.BaseDirectory, "Laz", "laz-perf-records.mjs"), .. paths]).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static void Install()
    {
        Directory.CreateDirectory(Peers);
        if (Directory.Exists(Path.Combine(Peers, "node_modules", "laz-perf"))) return;
        try
        {
            Run("npm", ["install", "laz-perf@0.0.7", "--no-audit", "--no-fund", "--prefix", Peers]);
        }
        catch (Exception fault) when (fault is Win32Exception or InvalidOperationException)
        {
            Skip.If(true, "needs node, and npm's package laz-perf");
        }
    }

    private static string Run(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Peers,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"{program} ended with {process.ExitCode}: {errors.Result}"));
        return output;
    }
}
