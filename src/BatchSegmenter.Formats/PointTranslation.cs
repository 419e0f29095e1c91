using BatchSegmenter.Formats.Las;
using BatchSegmenter.Formats.Parquet;
using BatchSegmenter.Formats.Ply;
using BatchSegmenter.Formats.Text;

namespace BatchSegmenter.Formats;

/// <summary>Writes a cloud of any format that is read in one of those that are written.</summary>
public static class PointTranslation
{
    private const int PointsAtOnce = 1 << 16;

    /// <summary>The extensions of the formats that are written, in lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".las", ".laz", ".ply", ".csv", ".parquet"];

    /// <summary>
    /// Writes all points and the attributes that both formats have. From LAS or LAZ to LAS or LAZ everything else is carried over too; see
    /// <see cref="LasTranslation"/>.
    /// </summary>
    /// <param name="source">The source, of which no point has been read; it stays open.</param>
    /// <param name="path">The source's name in messages.</param>
    /// <param name="destination">A seekable stream, left open.</param>
    /// <param name="extension">One of <see cref="Extensions"/>.</param>
    /// <param name="options">What is asked of a LAS file.</param>
    /// <param name="progress">Told of the points written so far.</param>
    /// <param name="cancellation">Ends the translation early; what was written is no complete file.</param>
    /// <exception cref="ArgumentException">The options contradict each other, or belong to another format.</exception>
    /// <exception cref="PointCloudException">The source is damaged, or the format cannot hold one of its values.</exception>
    public static void Translate(
        PointCloudReader source, string path, Stream destination, string extension, TranslationOptions options, IProgress<long>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        bool toLas = extension is ".las" or ".laz";
        if (!toLas && (options.PointFormat ?? options.LasVersionMinor) is not null)
            throw new ArgumentException($"A point format and a LAS version are asked for, but {extension} has neither.");
        if (toLas && source is LasReader las)
        {
            LasTranslation.Translate(las, destination, options.PointFormat, options.LasVersionMinor, extension == ".laz", options.Cores, progress, cancellation);
            return;
        }

        PointColumns columns = new(0, source.Header.Attributes);
        source.Read(columns, PointsAtOnce);
        using PointCloudWriter writer = Create(source.Header, columns, destination, extension, options);
        do
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                writer.Write(columns);
            }
            catch (ArgumentException fault)
            {
                throw new UnsupportedPointCloudException(path, null, $"from point {source.FirstIndex} on: {fault.Message}", fault);
            }

            progress?.Report(writer.PointCount);
            columns.Count = 0;
        }
        while (source.Read(columns, PointsAtOnce) > 0);
        writer.Complete();
    }

    private static PointCloudWriter Create(PointCloudHeader header, PointColumns first, Stream destination, string extension, TranslationOptions options) => extension switch
    {
        ".las" or ".laz" => new LasPointWriter(new LasWriter(destination, Las(header, first, extension, options), leaveOpen: true)),
        ".ply" => new PlyWriter(destination, leaveOpen: true),
        ".csv" => new CsvPointWriter(destination, header.Attributes, leaveOpen: true),
        ".parquet" => new ParquetPointWriter(destination, header.Attributes, leaveOpen: true),
        _ => throw new ArgumentException($"{extension} cannot be written; {string.Join(", ", Extensions)} can."),
    };

    private static LasWriterOptions Las(PointCloudHeader header, PointColumns first, string extension, TranslationOptions options)
    {
        LasWriterOptions fitting = LasWriterOptions.For(header, first);
        int format = options.PointFormat ?? fitting.PointFormat;
        return fitting with
        {
            PointFormat = format,
            VersionMinor = options.LasVersionMinor ?? (format >= 6 ? 4 : 2),
            Compressed = extension == ".laz",
            Cores = options.Cores,
        };
    }
}

/// <summary>What is asked of the file that a translation writes.</summary>
public sealed record TranslationOptions
{
    /// <summary>LAS point format; null for the source's, or what suits its attributes.</summary>
    public int? PointFormat { get; init; }

    /// <summary>LAS minor version; null for the source's, or the nearest that holds the point format.</summary>
    public int? LasVersionMinor { get; init; }

    /// <summary>Threads that compress, at least 1; the file does not depend on it.</summary>
    public int Cores { get; init; } = 1;
}
