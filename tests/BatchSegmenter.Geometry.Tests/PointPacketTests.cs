namespace BatchSegmenter.Geometry.Tests;

public class PointPacketTests
{
    [Fact]
    public void Vector_and_scalar_distances_have_the_same_bits()
    {
        TestPoints points = TestPoints.Scattered(1600, 3);
        float[] vector = new float[16], scalar = new float[16];
        for (int at = 0; at < points.Count; at += 16)
        {
            uint a = PointPacket.Within(ref points.X[at], ref points.Y[at], ref points.Z[at], 5.1f, 4.3f, 1.7f, 20, ref vector[0]);
            uint b = PointPacket.WithinScalar(ref points.X[at], ref points.Y[at], ref points.Z[at], 5.1f, 4.3f, 1.7f, 20, ref scalar[0]);
            Assert.Equal(b, a);
            Assert.Equal(scalar.Select(BitConverter.SingleToInt32Bits), vector.Select(BitConverter.SingleToInt32Bits));
        }
    }

    [Fact]
    public void Nothing_is_fused()
    {
        // With a fused multiply-add the rounding error of the first square would show.
        float x = 1 + MathF.Pow(2, -12);
        Assert.Equal((x * x) + (x * x), PointPacket.SquaredDistance(x, x, 0, 0, 0, 0));
    }

    [Fact]
    public void Vector_and_scalar_minima_agree()
    {
        TestPoints points = TestPoints.Lattice(1600, 3);
        for (int at = 0; at < points.Count; at += 16)
        {
            float[] vector = Enumerable.Range(0, 16).Select(i => i == 7 ? -1 : i % 3 * 1.25f).ToArray(), scalar = [.. vector];
            float a = PointPacket.LowerMinima(ref points.X[at], ref points.Y[at], ref points.Z[at], 1, 1, 1, ref vector[0], out int lane);
            float b = PointPacket.LowerMinimaScalar(ref points.X[at], ref points.Y[at], ref points.Z[at], 1, 1, 1, ref scalar[0], out int expected);
            Assert.Equal((b, expected), (a, lane));
            Assert.Equal(scalar, vector);
        }
    }
}
