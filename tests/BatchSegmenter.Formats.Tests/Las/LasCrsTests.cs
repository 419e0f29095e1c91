using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Las;

public class LasCrsTests
{
    private const double UsFoot = 1200.0 / 3937.0;
    private const double Foot = 0.3048;

    [SkippableTheory]
    [InlineData("survey/validation/us-hills.las", 32104, CrsKind.Projected, UsFoot, UsFoot)] // a code in metres, coordinates in feet
    [InlineData("survey/validation/house.laz", 32755, CrsKind.Projected, 1, 1)]
    [InlineData("survey/train/montpellier-77050-627755.laz", 2154, CrsKind.Projected, 1, 1)]
    [InlineData("survey/train/montpellier-77050-627760.laz", 2154, CrsKind.Projected, 1, 1)] // the same by its WKT
    [InlineData("survey/train/ign-870000-6618000.las", null, CrsKind.Unknown, 1, 1)]
    [InlineData("formats/las/liblas-certainty3d-color-utm-feet-navd88.las", 2229, CrsKind.Projected, UsFoot, UsFoot)] // by the table of codes
    [InlineData("formats/las/pdal-mvk-thin.las", 26995, CrsKind.Projected, UsFoot, UsFoot)] // a code in metres, unit keys in feet
    [InlineData("formats/las/pdal-prec3.las", null, CrsKind.Projected, Foot, Foot)] // user-defined, with a unit
    [InlineData("formats/las/pdal-test_epsg_4047.las", 4047, CrsKind.Geographic, 1, 1)]
    [InlineData("broken/pdal-spurious.las", 4326, CrsKind.Geographic, 1, 1)]
    [InlineData("broken/pdal-1.2-empty-geotiff-vlrs.las", null, CrsKind.Unknown, 1, 1)]
    public void Real_files_have_these_systems(string path, int? epsg, CrsKind kind, double horizontal, double vertical)
    {
        using LasReader reader = new(SharedFiles.Require(path));
        CoordinateReferenceSystem crs = reader.Header.Crs;
        Assert.Equal((epsg, kind), (crs.Epsg, crs.Kind));
        Assert.Equal(horizontal, crs.HorizontalUnit, 1e-9);
        Assert.Equal(vertical, crs.VerticalUnit, 1e-9);
    }

    [SkippableFact]
    public void The_systems_of_every_real_file_are_read_without_a_fault()
    {
        foreach (RecordsList row in RecordsList.Of("las").Concat(RecordsList.Of("laz")).Concat(RecordsList.Of("copc")))
        {
            using LasReader reader = new(row.FullPath);
            CoordinateReferenceSystem crs = reader.Header.Crs;
            Assert.InRange(crs.HorizontalUnit, 0.3, 1);
            Assert.InRange(crs.VerticalUnit, 0.3, 1);
            Assert.True(crs.Epsg is null or (> 1000 and < 65536), row.Path);
        }
    }

    [Theory]
    [InlineData("COMPD_CS[\"c\",PROJCS[\"p\",GEOGCS[\"g\",UNIT[\"degree\",0.0174]],UNIT[\"US survey foot\",0.304800609601219],AUTHORITY[\"EPSG\",\"2271\"]],VERT_CS[\"v\",VERT_DATUM[\"d\",2005],UNIT[\"metre\",1.0],AUTHORITY[\"EPSG\",\"5703\"]]]", 2271, CrsKind.Projected, UsFoot, 1.0)]
    [InlineData("PROJCRS[\"p\",BASEGEOGCRS[\"g\",DATUM[\"d\",ELLIPSOID[\"e\",6378137,298.2,LENGTHUNIT[\"metre\",1]]]],CONVERSION[\"u\"],CS[Cartesian,2],AXIS[\"(E)\",east,ORDER[1],LENGTHUNIT[\"foot\",0.3048]],AXIS[\"(N)\",north,LENGTHUNIT[\"foot\",0.3048]],ID[\"EPSG\",6405]]", 6405, CrsKind.Projected, Foot, null)]
    [InlineData("COMPOUNDCRS[\"c\",PROJCRS[\"p\",CS[Cartesian,2],LENGTHUNIT[\"metre\",1],ID[\"EPSG\",2154]],VERTCRS[\"v\",VDATUM[\"d\"],CS[vertical,1],AXIS[\"h\",up,LENGTHUNIT[\"US survey foot\",0.304800609601219]],ID[\"EPSG\",6360]]]", 2154, CrsKind.Projected, 1.0, UsFoot)]
    [InlineData("BOUNDCRS[SOURCECRS[PROJCRS[\"p\",CS[Cartesian,2],LENGTHUNIT[\"metre\",1],ID[\"EPSG\",31370]]],TARGETCRS[GEOGCRS[\"g\",ID[\"EPSG\",4326]]]]", 31370, CrsKind.Projected, 1.0, null)]
    [InlineData("GEOGCRS[\"WGS 84\",CS[ellipsoidal,3],AXIS[\"lat\",north],AXIS[\"lon\",east],AXIS[\"h\",up,LENGTHUNIT[\"metre\",1]],ID[\"EPSG\",4979]]", 4979, CrsKind.Geographic, null, 1.0)]
    [InlineData("GEODCRS[\"x\",CS[Cartesian,3],LENGTHUNIT[\"metre\",1],ID[\"EPSG\",4978]]", 4978, CrsKind.Geocentric, 1.0, null)]
    [InlineData("LOCAL_CS[\"site\",UNIT[\"foot\",0.3048]]", null, CrsKind.Local, Foot, null)]
    [InlineData("PROJCS[\"cut off\",GEOGCS[\"g\",UNIT[\"degree\",0.01", null, CrsKind.Projected, null, null)]
    public void Well_known_text_of_both_versions_is_read(string text, int? epsg, CrsKind kind, double? horizontal, double? vertical)
    {
        WktCrs? crs = WktCrs.Parse(text);
        Assert.NotNull(crs);
        Assert.Equal((epsg, kind), (crs.Epsg, crs.Kind));
        Assert.Equal(horizontal is null, crs.HorizontalUnit is null);
        Assert.Equal(vertical is null, crs.VerticalUnit is null);
        Assert.Equal(horizontal ?? 0, crs.HorizontalUnit ?? 0, 1e-9);
        Assert.Equal(vertical ?? 0, crs.VerticalUnit ?? 0, 1e-9);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[[[")]
    [InlineData("\"")]
    [InlineData("+proj=utm +zone=31")]
    public void Text_that_is_no_well_known_text_is_no_system(string text) => Assert.Null(WktCrs.Parse(text));

    [Fact]
    public void Nesting_without_end_ends() => Assert.NotNull(WktCrs.Parse("PROJCS[" + string.Concat(Enumerable.Repeat("A[", 100_000))));
}
