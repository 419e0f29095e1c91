using BatchSegmenter.Pipeline.OutOfCore;

namespace BatchSegmenter.Pipeline.Tests.OutOfCore;

public sealed class ScratchBucketsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ScratchFolder _scratch;

    public ScratchBucketsTests() => _scratch = new ScratchFolder(_folder["scratch"]);

    public void Dispose()
    {
        _scratch.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(1, 3, 4096)]
    [InlineData(500, 40, 2048)] // all buffers are written over and over
    [InlineData(7, 10, 1 << 20)]
    public void Every_bucket_gives_its_records_back_whole_and_in_order(int buckets, int size, int mostBuffered)
    {
        Random random = new(buckets);
        List<byte[]>[] expected = [.. Enumerable.Range(0, buckets).Select(_ => new List<byte[]>())];
        using ScratchBuckets<int> sorted = new(_scratch.Create("records"), size, mostBuffered);
        for (int i = 0; i < 50_000; i++)
        {
            byte[] record = new byte[size];
            random.NextBytes(record);
            int bucket = random.Next(buckets);
            expected[bucket].Add(record);
            record.CopyTo(sorted.Add(bucket));
        }

        sorted.Flush();

        Assert.Equal(buckets, sorted.Keys.Count);
        Assert.Equal(0, sorted.Count(-1));
        for (int bucket = 0; bucket < buckets; bucket++)
        {
            List<byte> found = [];
            sorted.Visit(bucket, records =>
            {
                Assert.Equal(0, records.Length % size);
                found.AddRange(records);
            });
            Assert.Equal(expected[bucket].Count, sorted.Count(bucket));
            Assert.Equal(expected[bucket].SelectMany(record => record), found);
        }
    }
}
