using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Tests.Laz.Coding;

public class ArithmeticDecoderTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(33)]
    [InlineData(128)]
    [InlineData(256)]
    [InlineData(516)]
    [InlineData(2048)]
    public void Decodes_what_was_encoded_with_a_model_of_each_kind(int symbols)
    {
        Random random = new(symbols);

        // Skewed, so that the model has long and short symbols, and with stretches of one symbol, so that counts are halved.
        int[] written = [.. Enumerable.Range(0, 40_000).Select(i => (i / 5_000) % 2 == 0
            ? Math.Min(random.Next(symbols), random.Next(symbols))
            : symbols - 1)];
        ArithmeticEncoder encoder = new();
        SymbolModel model = new(symbols);
        foreach (int symbol in written) encoder.Symbol(model, symbol);
        encoder.End();
        byte[] bytes = encoder.Bytes.ToArray();

        ArithmeticDecoder decoder = new();
        decoder.Start(bytes, 0, bytes.Length);
        model = new SymbolModel(symbols);
        int[] read = [.. written.Select(_ => decoder.Symbol(model))];

        Assert.Equal(written, read);
        Assert.Equal(bytes.Length, decoder.Consumed);
        Assert.False(decoder.Overrun || decoder.Corrupt);
    }

    [Fact]
    public void Decodes_bits_with_and_without_a_model()
    {
        Random random = new(1);
        ArithmeticEncoder encoder = new();
        BitModel model = new();
        (int Bit, int Count, uint Raw)[] written = new (int, int, uint)[20_000];
        for (int i = 0; i < written.Length; i++)
        {
            int count = 1 + random.Next(32);
            written[i] = (random.Next(10) == 0 ? 1 : 0, count, (uint)(random.NextInt64(1L << 32) & ((1L << count) - 1)));
            encoder.Bit(model, written[i].Bit);
            encoder.Bits(count, written[i].Raw);
        }

        encoder.End();
        byte[] bytes = encoder.Bytes.ToArray();
        ArithmeticDecoder decoder = new();
        decoder.Start(bytes, 0, bytes.Length);
        model.Reset();
        foreach ((int bit, int count, uint raw) in written)
        {
            Assert.Equal(bit, decoder.Bit(model));
            Assert.Equal(raw, decoder.Bits(count));
        }

        Assert.False(decoder.Overrun || decoder.Corrupt);
    }

    [Fact]
    public void Reads_on_from_a_stream_when_its_buffer_is_used_up()
    {
        ArithmeticEncoder encoder = new();
        SymbolModel model = new(256);
        for (int i = 0; i < 5000; i++) encoder.Symbol(model, (i * 31) & 255);
        encoder.End();
        byte[] bytes = encoder.Bytes.ToArray();

        ArithmeticDecoder decoder = new();
        decoder.Start(new MemoryStream([.. bytes, 1, 2, 3]), new byte[7]);
        model.Reset();
        for (int i = 0; i < 5000; i++) Assert.Equal((i * 31) & 255, decoder.Symbol(model));
        Assert.Equal(bytes.Length, decoder.Consumed);
    }

    [Fact]
    public void Reports_bytes_that_end_early()
    {
        ArithmeticEncoder encoder = new();
        SymbolModel model = new(64);
        for (int i = 0; i < 100; i++) encoder.Symbol(model, i & 63);
        encoder.End();
        byte[] bytes = encoder.Bytes.ToArray();

        ArithmeticDecoder decoder = new();
        decoder.Start(bytes, 0, bytes.Length - 1);
        model.Reset();
        for (int i = 0; i < 100; i++) decoder.Symbol(model);
        Assert.True(decoder.Overrun);
    }

    [Fact]
    public void Reports_a_start_that_no_encoder_writes()
    {
        ArithmeticDecoder decoder = new();
        decoder.Start([255, 255, 255, 255, 0], 0, 5);
        Assert.True(decoder.Corrupt);
    }

    [Fact]
    public void Stays_within_its_models_whatever_the_bytes()
    {
        Random random = new(7);
        byte[] bytes = new byte[2000];
        ArithmeticDecoder decoder = new();
        SymbolModel[] models = [new(2), new(13), new(33), new(256), new(516)];
        for (int round = 0; round < 200; round++)
        {
            random.NextBytes(bytes);
            if (round % 2 == 0) bytes.AsSpan(0, 1000).Fill(255);
            decoder.Start(bytes, 0, bytes.Length);
            while (!decoder.Overrun)
            {
                foreach (SymbolModel model in models) Assert.InRange(decoder.Symbol(model), 0, model.Last);
                Assert.InRange(decoder.Bits(11), 0u, 2047u);
            }
        }
    }
}
