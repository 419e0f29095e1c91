using BatchSegmenter.Formats;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class HaloOrderTests
{
    private const PointAttributes Attributes = PointAttributes.Intensity | PointAttributes.ReturnNumber | PointAttributes.NumberOfReturns | PointAttributes.Color;

    [Fact]
    public void Whatever_order_they_come_in_halo_points_end_in_one_and_core_points_stay()
    {
        Random random = new(3);
        PointColumns points = new(500, Attributes) { Count = 500 };
        for (int i = 0; i < 500; i++)
        {
            // Few values each, so that ties reach down to every attribute.
            (points.X[i], points.Y[i], points.Z[i]) = (random.Next(3), random.Next(2), random.Next(2));
            (points.Intensity![i], points.ReturnNumber![i], points.NumberOfReturns![i]) = ((ushort)random.Next(2), (byte)random.Next(2), (byte)random.Next(2));
            (points.Red![i], points.Green![i], points.Blue![i]) = ((ushort)random.Next(2), (ushort)random.Next(2), (ushort)random.Next(2));
        }

        int[] order = [.. Enumerable.Range(0, 500)];
        random.Shuffle(order.AsSpan(100));
        PointColumns shuffled = new(500, Attributes);
        shuffled.Append(points, order);
        PointColumns sorted = new(500, Attributes);
        sorted.Append(points);

        HaloOrder.Sort(sorted, 100);
        HaloOrder.Sort(shuffled, 100);

        Assert.Equal(Rows(points).Take(100), Rows(sorted).Take(100));
        Assert.Equal(Rows(points).Skip(100).Order(), Rows(sorted).Skip(100));
        Assert.Equal(Rows(sorted), Rows(shuffled));
    }

    private static List<(double, double, double, ushort, byte, byte, (ushort, ushort, ushort))> Rows(PointColumns points) =>
        [.. Enumerable.Range(0, points.Count).Select(i => (points.X[i], points.Y[i], points.Z[i], points.Intensity![i], points.ReturnNumber![i], points.NumberOfReturns![i],
            (points.Red![i], points.Green![i], points.Blue![i])))];
}
