using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Pruning;
using BatchSegmenter.Onnx.Tests.Networks;

namespace BatchSegmenter.Onnx.Tests.Pruning;

public sealed class PrunableWidthTests
{
    [Fact]
    public void Every_hidden_layer_has_one_in_the_order_of_the_network()
    {
        PointNet2Description network = SampleNetworks.TwoLevels();
        LayerShape[] hidden = [.. LayerShape.All(network).SkipLast(1)];

        Assert.Equal(hidden.Select(layer => (layer.Name, layer.Outputs)), PrunableWidth.Of(network).Select(width => (width.Layer, width.Width)));
    }

    [Fact]
    public void Every_input_of_every_layer_is_a_channel_of_one_width_but_for_positions_and_features()
    {
        PointNet2Description network = SampleNetworks.TwoLevels();
        List<(string, int)> read = [.. PrunableWidth.Of(network).SelectMany(width => width.Readers.SelectMany(reader => Enumerable.Range(reader.Offset, width.Width).Select(input => (reader.Layer, input))))];

        Assert.Equal(read.Distinct().Count(), read.Count);
        foreach (LayerShape layer in LayerShape.All(network))
        {
            // Relative coordinates come first in a level; the first level's other channels, and those that skip from level 0, are the points' own.
            int own = layer.Name switch { "levels.0.0.0" or "levels.0.1.0" => 3 + network.Features, "levels.1.0.0" => 3, _ => 0 };
            Assert.Equal(Enumerable.Range(own, layer.Inputs - own), read.Where(pair => pair.Item1 == layer.Name).Select(pair => pair.Item2).Order());
        }
    }

    [Fact]
    public void What_a_level_gives_is_read_by_the_next_level_and_the_propagation_back_to_it()
    {
        PrunableWidth second = PrunableWidth.Of(SampleNetworks.TwoLevels()).Single(width => width.Layer == "levels.0.1.0");

        Assert.Equal("levels.0.1.pooled", second.Tensor);
        // Behind the 12 channels of the first scale, and in the level behind three relative coordinates.
        Assert.Equal([new ChannelReader("levels.1.0.0", 15), new ChannelReader("propagation.0.0", 12)], second.Readers);
    }

    [Fact]
    public void Without_skip_a_propagation_reads_the_coarse_channels_alone()
    {
        PointNet2Description network = SampleNetworks.TwoLevels() with { Propagation = [new() { Widths = [20, 16], Skip = false }, new() { Widths = [16], Skip = false }] };

        Assert.Equal([new ChannelReader("levels.1.0.0", 15)], PrunableWidth.Of(network).Single(width => width.Layer == "levels.0.1.0").Readers);
        Assert.Equal([new ChannelReader("propagation.0.0", 0)], PrunableWidth.Of(network).Single(width => width.Layer == "levels.1.0.2").Readers);
    }

    [Fact]
    public void Resizing_puts_each_width_in_its_place()
    {
        PointNet2Description network = SampleNetworks.TwoLevels();
        int[] widths = [.. PrunableWidth.Of(network).Select(width => width.Width + 1)];

        PointNet2Description resized = PrunableWidth.Resize(network, widths);

        Assert.Equal(widths, PrunableWidth.Of(resized).Select(width => width.Width));
        Assert.Equal(network.ToJson(), PrunableWidth.Resize(resized, [.. PrunableWidth.Of(network).Select(width => width.Width)]).ToJson());
    }
}
