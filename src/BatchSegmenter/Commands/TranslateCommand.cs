using System.CommandLine;
using System.Globalization;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Copc;
using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Storage;

namespace BatchSegmenter.Commands;

/// <summary><c>batchsegmenter translate</c>: a point cloud file in another format.</summary>
internal static class TranslateCommand
{
    /// <summary>The command with its options and action.</summary>
    public static Command Create()
    {
        Argument<string> input = new("IN|URL") { Description = "A point cloud of any format that is read, or one in an archive (archive.zip!/folder/cloud.laz), or a blob (azure://container/cloud.laz)." };
        Argument<string> output = new("OUT|URL") { Description = $"The file or blob to write, by its extension: {string.Join(", ", PointTranslation.Extensions)}. It appears once it is complete." };
        Option<int?> pointFormat = new("--point-format") { Description = "Point format 0-3 or 6-8; by default the input's, or what suits its attributes.", HelpName = "N" };
        Option<string?> version = new("--las-version") { Description = "LAS version 1.2, 1.3 or 1.4; by default the input's.", HelpName = "X.Y" };
        Option<string?> bounds = new("--bounds") { Description = "Of a COPC file only the points in a box, in its own coordinates: MINX,MINY,MAXX,MAXY or MINX,MINY,MINZ,MAXX,MAXY,MAXZ.", HelpName = "BOX" };
        Option<int?> level = new("--max-level") { Description = "Of a COPC file only the octree's levels up to this one; 0 is the coarsest.", HelpName = "N" };
        Command command = new("translate", "Write a point cloud in another format, LAS on request in another point format or version.")
            { input, output, pointFormat, version, bounds, level };
        command.SetAction((parsed, cancellation) => Task.FromResult(FileCommand.Run(parsed.GetRequiredValue(input), path =>
        {
            string target = parsed.GetRequiredValue(output);
            string extension = Path.GetExtension(target).ToLowerInvariant();
            if (!PointTranslation.Extensions.Contains(extension))
                return CommandFault.Report(2, $"{target}: the name ends in '{extension}'; {string.Join(", ", PointTranslation.Extensions)} can be written.");
            bool isLocal = !StoreAddress.IsRemote(target);
            if (target == path || (isLocal && Path.GetFullPath(target) == Path.GetFullPath(path))) return CommandFault.Report(2, $"{target}: input and output are the same file.");
            if (!TryMinor(parsed.GetValue(version), out int? minor))
                return CommandFault.Report(2, $"--las-version {parsed.GetValue(version)}; 1.2, 1.3 or 1.4 was expected.");
            if (isLocal && Path.GetDirectoryName(Path.GetFullPath(target)) is { } folder && !Directory.Exists(folder))
                return CommandFault.Report(2, $"{target}: there is no folder {folder}.");
            if (!TryQuery(parsed.GetValue(bounds), parsed.GetValue(level), out CopcQuery? query, out string problem)) return CommandFault.Report(2, problem);
            TranslationOptions options = new() { PointFormat = parsed.GetValue(pointFormat), LasVersionMinor = minor, Cores = Environment.ProcessorCount };
            return TranslateAsync(path, query, target, extension, options, cancellation).GetAwaiter().GetResult();
        }, takesAddresses: true)));
        return command;
    }

    private static async Task<int> TranslateAsync(string path, CopcQuery? query, string target, string extension, TranslationOptions options, CancellationToken cancellation)
    {
        PointReadOptions reading = new() { Cores = options.Cores };
        using PointCloudReader source = StoreAddress.IsRemote(path) ? await RemoteInputs.OpenAsync(path, reading, query, cancellation)
            : query is null ? PointCloudReader.Open(path, reading) : CopcReader.Open(path, query);
        foreach (string remark in source.Header.Remarks) Console.Error.WriteLine($"{path}: {remark}");
        try
        {
            (ObjectStore store, string name) = StoreAddress.Parse(target).OpenAround();
            await using StagedObject destination = store.Create(name, seekable: true);
            using (PointProgress progress = new(source.Header.PointCount))
                PointTranslation.Translate(source, path, destination.Stream, extension, options, progress, cancellation);
            await destination.CommitAsync(CreateCondition.Any, cancellation);
            return 0;
        }
        catch (ArgumentException fault)
        {
            return CommandFault.Report(2, fault.Message.Replace($" (Parameter '{fault.ParamName}')", "", StringComparison.Ordinal));
        }
    }

    private static bool TryQuery(string? bounds, int? level, out CopcQuery? query, out string problem)
    {
        (query, problem) = (null, "");
        if (bounds is null && level is null) return true;
        if (level < 0)
        {
            problem = $"--max-level {level}; 0 or more was expected.";
            return false;
        }

        CopcQuery whole = new() { MaxLevel = level ?? int.MaxValue };
        if (bounds is null)
        {
            query = whole;
            return true;
        }

        string[] parts = bounds.Split(',');
        double[] box = new double[parts.Length];
        bool isValid = parts.Length is 4 or 6;
        for (int i = 0; i < parts.Length && isValid; i++)
            isValid = double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out box[i]) && double.IsFinite(box[i]) && (i < parts.Length / 2 || box[i] >= box[i - parts.Length / 2]);
        if (isValid) query = whole.Within(box);
        else problem = $"--bounds {bounds}; 4 or 6 numbers were expected, the lower corner before the upper one.";
        return isValid;
    }

    private static bool TryMinor(string? version, out int? minor)
    {
        minor = null;
        if (version is null) return true;
        if (version is not ("1.2" or "1.3" or "1.4")) return false;
        minor = int.Parse(version.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture);
        return true;
    }
}
