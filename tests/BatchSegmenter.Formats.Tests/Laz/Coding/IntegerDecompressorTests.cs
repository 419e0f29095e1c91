using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Tests.Laz.Coding;

public class IntegerDecompressorTests
{
    [Theory]
    [InlineData(8, 1)]
    [InlineData(8, 6)]
    [InlineData(16, 4)]
    [InlineData(32, 1)]
    [InlineData(32, 22)]
    public void Decodes_values_of_every_distance_from_their_prediction(int bits, int contexts)
    {
        Random random = new(bits + contexts);
        (int Prediction, int Value)[] written = new (int, int)[30_000];
        for (int i = 0; i < written.Length; i++)
        {
            uint mask = bits == 32 ? uint.MaxValue : (1u << bits) - 1;
            int prediction = (int)((uint)random.NextInt64(1L << 32) & mask);
            int step = (int)(random.NextInt64(1L << 32) >> random.Next(33)) * (random.Next(2) == 0 ? 1 : -1);
            written[i] = (prediction, (int)((uint)(prediction + step) & mask));
        }

        // The ends of the range: a corrector of 32 bits, and the wrap around.
        if (bits == 32) written[0] = (0, int.MinValue);
        else written[0] = (0, (1 << bits) - 1);

        ArithmeticEncoder encoder = new();
        IntegerCompressor compressor = new(encoder, bits, contexts);
        int[] bitCounts = new int[written.Length];
        for (int i = 0; i < written.Length; i++)
        {
            compressor.Encode(written[i].Prediction, written[i].Value, i % contexts);
            bitCounts[i] = compressor.LastBits;
        }

        encoder.End();
        byte[] bytes = encoder.Bytes.ToArray();
        ArithmeticDecoder decoder = new();
        IntegerDecompressor decompressor = new(decoder, bits, contexts);
        for (int round = 0; round < 2; round++)
        {
            decoder.Start(bytes, 0, bytes.Length);
            for (int i = 0; i < written.Length; i++)
            {
                Assert.Equal(written[i].Value, decompressor.Decode(written[i].Prediction, i % contexts));
                Assert.Equal(bitCounts[i], decompressor.LastBits);
            }

            decompressor.Reset();
        }

        Assert.False(decoder.Overrun || decoder.Corrupt);
    }
}
