using BatchSegmenter.Formats.Laz.Coding;

namespace BatchSegmenter.Formats.Tests.Laz.Coding;

public class StreamingMedianTests
{
    [Fact]
    public void Drops_from_above_and_from_below_by_turns()
    {
        // Against a plain list: from above while the last value fell into the lower half, and the other way round.
        Random random = new(3);
        StreamingMedian median = default;
        List<int> values = [0, 0, 0, 0, 0];
        bool dropsHigh = true;
        for (int i = 0; i < 2000; i++)
        {
            int value = random.Next(-20, 20);
            int middle = values[2];
            median.Add(value);
            values.RemoveAt(dropsHigh ? 4 : 0);
            values.Add(value);
            values.Sort();
            if (dropsHigh && value >= middle) dropsHigh = false;
            else if (!dropsHigh && value <= middle) dropsHigh = true;
            Assert.Equal(values[2], median.Value);
        }
    }
}
