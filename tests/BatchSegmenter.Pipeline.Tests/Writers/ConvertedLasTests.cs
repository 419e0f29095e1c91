using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Tests.Samples;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Tests.Writers;

public class ConvertedLasTests
{
    private static readonly LabellingModel Model = new("0123", "sample", "1.0");

    [Theory]
    [InlineData("las", false)]
    [InlineData("las", true)]
    [InlineData("laz", false)]
    [InlineData("laz", true)]
    public void The_file_has_the_format_the_labels_and_the_confidence_asked_for(string format, bool confidence)
    {
        PointColumns points = SampleSurvey.Points(50);
        HeldLabels labels = new(50, 3, keepProbabilities: false);
        for (int i = 0; i < 50; i++) (labels.Label[i], labels.Confidence[i]) = ((byte)(i % 7), i / 64f);
        PointCloudHeader header = new("ply", 50, PointAttributes.Intensity, (0, 0, 0), (1, 1, 1), new CoordinateReferenceSystem(null, null, CrsKind.Projected, 1, 1));
        MemoryStream file = new();
        using (ConvertedLas las = new(file, header, points, new LasOutputOptions { Format = format, Confidence = confidence }, Model.ToRecord())) las.Write(points, labels.Read(0, 50));

        using LasReader reader = new(file, "converted");
        Assert.Equal(format, reader.Header.Format);
        Assert.Equal(Model, LabellingModel.Find(reader.Vlrs));
        byte[] records = new byte[50 * reader.Las.RecordLength];
        Assert.Equal(50, reader.ReadRecords(records));
        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(i % 7, records[(i * reader.Las.RecordLength) + 16]);
            if (confidence) Assert.Equal(i / 64f, BitConverter.ToSingle(records, ((i + 1) * reader.Las.RecordLength) - 4));
        }
    }
}
