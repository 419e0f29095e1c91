using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Pipeline.Synthesis;

/// <summary>Writes a simulated survey as LAS 1.4, point format 6, in UTM zone 32N.</summary>
public static class SyntheticSurveyFile
{
    private const ushort AdjustedStandardTime = 1;

    private const string Wkt = """
        PROJCS["WGS 84 / UTM zone 32N",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]],PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",9],PARAMETER["scale_factor",0.9996],PARAMETER["false_easting",500000],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["EPSG","32632"]]
        """;
}
