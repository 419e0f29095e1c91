using System.Text;
using BatchSegmenter.Formats.Text;

namespace BatchSegmenter.Formats.Tests.Text;

/// <summary>A text read whole, a few points at a time.</summary>
internal sealed record TextCloud(PointCloudHeader Header, PointColumns Points, IReadOnlyList<PointLoss> Losses, IReadOnlyList<long> FirstIndices)
{
    public static TextCloud Of(string text, PointReadOptions? options = null, int run = 3) => Of(Encoding.UTF8.GetBytes(text), options, run);

    public static TextCloud Of(byte[] text, PointReadOptions? options = null, int run = 3) =>
        Of(new TextPointReader(new MemoryStream(text), "cloud.txt", options), run);

    public static TextCloud Of(PointCloudReader reader, int run = 1000)
    {
        using (reader)
        {
            PointColumns columns = new(0, reader.Header.Attributes);
            List<long> first = [];
            while (true)
            {
                int before = columns.Count, read = reader.Read(columns, run);
                Assert.Equal(before + read, columns.Count);
                if (read == 0) break;
                first.Add(reader.FirstIndex);
            }

            Assert.Equal(0, reader.Remaining);
            Assert.Equal(0, reader.Read(columns, run));
            return new TextCloud(reader.Header, columns, [.. reader.Losses], first);
        }
    }

    public (double X, double Y, double Z) this[int index] => (Points.X[index], Points.Y[index], Points.Z[index]);
}
