using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>Writes a simulated survey as LAS or LAZ 1.4, point format 6, in UTM zone 32N.</summary>
public static class SyntheticSurveyFile
{
    private const double Millimetre = 0.001;

    private const string Wkt = """
        PROJCS["WGS 84 / UTM zone 32N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",9],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","32632"]]
        """;

    /// <summary>
    /// Writes the survey to a file that appears under its name when it is whole. Equal options give equal bytes.
    /// </summary>
    /// <param name="path">The file, compressed if it ends in .laz; replaced if it exists; its folder is made.</param>
    /// <param name="options">What the survey is to be like.</param>
    /// <param name="progress">Told the points written so far.</param>
    /// <param name="cancellation">Ends the work; nothing is left behind.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is outside its range.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, SynthesisOptions options, IProgress<long>? progress = null, CancellationToken cancellation = default)
    {
        IEnumerable<PointColumns> survey = SyntheticSurvey.Generate(options, cancellation);
        string full = Path.GetFullPath(path), unfinished = full + ".partial";
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        try
        {
            using (FileStream stream = new(unfinished, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                using (LasWriter writer = new(stream, new LasWriterOptions
                {
                    PointFormat = 6,
                    Compressed = full.EndsWith(".laz", StringComparison.OrdinalIgnoreCase),
                    Scale = (Millimetre, Millimetre, Millimetre),
                    Offset = (SurveyScanner.OriginX, SurveyScanner.OriginY, 0),
                    Wkt = Wkt,
                    SystemIdentifier = "simulated airborne scanner",
                    GeneratingSoftware = "BatchSegmenter synthesize",
                }, leaveOpen: true))
                {
                    foreach (PointColumns columns in survey)
                    {
                        writer.Write(columns);
                        progress?.Report(writer.PointCount);
                    }
                }

                stream.Flush(flushToDisk: true);
            }

            File.Move(unfinished, full, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished);
        }
    }
}
