using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;
using BatchSegmenter.Pipeline.Tests.Samples;

namespace BatchSegmenter.Pipeline.Tests.Blocks;

public sealed class BlockPartitionerTests
{
    private static readonly InputDescription Input = SampleBundle.Input with { Block = new BlockDescription(100, 40) };

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(41)]
    [InlineData(1000)]
    [InlineData(1234)]
    public void Every_point_asked_for_is_in_exactly_one_core_of_bounded_size(int asked)
    {
        BlockPartitioner partitioner = new(Input, Points(1500));
        int[] wanted = [.. Enumerable.Range(100, asked)];

        List<int[]> cores = partitioner.Cores(wanted);

        Assert.Equal(wanted, cores.SelectMany(core => core).Order());
        Assert.All(cores, core => Assert.InRange(core.Length, 1, 40));
        Assert.Equal((asked + 39) / 40, cores.Count); // no more blocks than needed
    }

    [Fact]
    public void Nothing_asked_for_is_no_core() => Assert.Empty(new BlockPartitioner(Input, Points(10)).Cores([]));

    [Fact]
    public void A_block_holds_its_core_and_the_points_around_it()
    {
        ThinnedPoints points = Points(1500);
        BlockPartitioner partitioner = new(Input, points);
        List<int[]> cores = partitioner.Cores(Enumerable.Range(0, 1500).ToArray());
        for (int b = 0; b < cores.Count; b++)
        {
            PointBlock block = partitioner.Around(b, cores[b]);

            Assert.Equal((b, 100, 300, 1500), (block.Index, block.Count, block.Positions.Length, block.Features.Length));
            Assert.Equal(100, block.ThinnedIndex.Distinct().Count());
            Assert.Subset(block.ThinnedIndex.ToHashSet(), cores[b].ToHashSet());
            float left = cores[b].Min(i => points.X[i]), right = cores[b].Max(i => points.X[i]), bottom = cores[b].Min(i => points.Y[i]), top = cores[b].Max(i => points.Y[i]);
            float farthest = block.ThinnedIndex.Max(Distance);
            Assert.DoesNotContain(Enumerable.Range(0, 1500).Except(block.ThinnedIndex), i => Distance(i) < farthest);

            float Distance(int i) =>
                MathF.Pow(Math.Max(0, Math.Max(left - points.X[i], points.X[i] - right)), 2) + MathF.Pow(Math.Max(0, Math.Max(bottom - points.Y[i], points.Y[i] - top)), 2);
        }
    }

    [Fact]
    public void Cores_and_members_do_not_depend_on_the_order_of_asking()
    {
        BlockPartitioner partitioner = new(Input, Points(1000));
        int[] asked = [.. Enumerable.Range(0, 1000)];
        List<int[]> cores = partitioner.Cores(asked);
        new Random(5).Shuffle(asked);
        List<int[]> shuffled = partitioner.Cores(asked);

        Assert.Equal(cores.Select(core => core.Order().ToArray()), shuffled.Select(core => core.Order().ToArray()));
        for (int b = 0; b < cores.Count; b++) Assert.Equal(partitioner.Around(b, cores[b]).ThinnedIndex, partitioner.Around(b, shuffled[b]).ThinnedIndex);
    }

    [Fact]
    public void Members_are_mixed_and_stand_in_one_order_in_all_blocks()
    {
        BlockPartitioner partitioner = new(Input, Points(300));
        List<int[]> cores = partitioner.Cores(Enumerable.Range(0, 300).ToArray());
        int[] first = partitioner.Around(0, cores[0]).ThinnedIndex, second = partitioner.Around(1, cores[1]).ThinnedIndex;

        Assert.NotEqual(first.Order(), first);
        Assert.NotEmpty(first.Intersect(second));
        Assert.Equal(first.Where(second.Contains), second.Where(first.Contains));
    }

    [Theory]
    [InlineData(BlockUnit.Spacing)]
    [InlineData(BlockUnit.Metre)]
    public void Positions_are_centred_and_in_the_bundles_unit(BlockUnit unit)
    {
        ThinnedPoints points = Points(500);
        PointBlock block = new BlockPartitioner(Input with { Unit = unit }, points).Around(3, [10, 11, 12]);

        Assert.Equal(block.ThinnedIndex.Select(i => points.Spacing[i]).Order().ElementAt(50), block.Spacing);
        float metres = unit == BlockUnit.Spacing ? block.Spacing : 1;
        double x = block.ThinnedIndex.Average(i => (double)points.X[i]), y = block.ThinnedIndex.Average(i => (double)points.Y[i]), z = block.ThinnedIndex.Average(i => (double)points.Z[i]);
        for (int i = 0; i < block.Count; i++)
        {
            Assert.Equal(points.X[block.ThinnedIndex[i]] - x, metres * block.Positions[3 * i], 1e-3);
            Assert.Equal(points.Y[block.ThinnedIndex[i]] - y, metres * block.Positions[3 * i + 1], 1e-3);
            Assert.Equal(points.Z[block.ThinnedIndex[i]] - z, metres * block.Positions[3 * i + 2], 1e-3);
        }
    }

    [Fact]
    public void A_block_about_a_point_reaches_as_far_as_it_is_told()
    {
        ThinnedPoints points = Points(1500);
        BlockPartitioner partitioner = new(Input, points);

        PointBlock round = partitioner.Around(0, 77, 0, 0), wide = partitioner.Around(0, 77, 100, 0);

        Assert.Contains(77, round.ThinnedIndex);
        Assert.True(Depth(wide) < Depth(round), $"{Depth(wide)} of a wide block, {Depth(round)} of a round one");

        float Depth(PointBlock block) => block.ThinnedIndex.Max(i => Math.Abs(points.Y[i] - points.Y[77]));
    }

    [Fact]
    public void Few_points_make_one_small_block()
    {
        BlockPartitioner partitioner = new(Input, Points(7));

        int[] core = Assert.Single(partitioner.Cores(Enumerable.Range(0, 7).ToArray()));
        Assert.Equal(7, partitioner.Around(0, core).Count);
    }

    [Fact]
    public void A_block_stands_on_its_lowest_point_where_the_bundle_says_so()
    {
        InputDescription input = Input with { Origin = BlockOrigin.Base, Unit = BlockUnit.Metre, Features = [new FeatureDescription("x"), new FeatureDescription("z")] };
        ThinnedPoints points = Points(40);
        BlockPartitioner partitioner = new(input, points);

        PointBlock block = partitioner.Around(0, partitioner.Cores(Enumerable.Range(0, 40).ToArray())[0]);

        float[] x = [.. block.Positions.Chunk(3).Select(it => it[0])], z = [.. block.Positions.Chunk(3).Select(it => it[2])];
        Assert.Equal(-x.Min(), x.Max(), 1e-4f);
        Assert.Equal(0, z.Min());
        Assert.Equal(x.Zip(z).SelectMany(it => (float[])[it.First, it.Second]), block.Features);
        Assert.Equal(points.X.Max() - points.X.Min(), x.Max() - x.Min(), 1e-4f);
    }

    private static ThinnedPoints Points(int count)
    {
        Random random = new(count);
        ThinnedPoints points = new(count, SampleBundle.Input.Features);
        for (int i = 0; i < count; i++)
            (points.X[i], points.Y[i], points.Z[i], points.Spacing[i]) =
                (80 * random.NextSingle() - 40, 50 * random.NextSingle(), 10 * random.NextSingle(), 0.5f + random.NextSingle());
        return points;
    }
}
