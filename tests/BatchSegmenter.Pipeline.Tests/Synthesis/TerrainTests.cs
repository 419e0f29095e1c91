using BatchSegmenter.Pipeline.Synthesis;

namespace BatchSegmenter.Pipeline.Tests.Synthesis;

public sealed class TerrainTests
{
    [Fact]
    public void Ground_has_no_steps_but_banks()
    {
        Terrain terrain = new(9);
        for (int i = 0; i < 4000; i++)
        {
            double x = i * 0.37, y = i * 0.51;
            Assert.InRange(Math.Abs(terrain.Height(x + 0.1, y) - terrain.Height(x, y)), 0, 0.1);
        }
    }

    [Fact]
    public void The_river_lies_below_its_banks()
    {
        Terrain terrain = new(2);
        int wet = 0;
        for (double y = 0; y < 500; y += 7)
            for (double x = 0; x < 200; x += 0.5)
            {
                double above = terrain.Height(x, y) - terrain.WaterLevel(x, y);
                if (terrain.RiverDistance(x, y) < 8) Assert.True(above < 0);
                else if (terrain.RiverDistance(x, y) > 15) Assert.True(above > 0.5);
                if (above < 0) wet++;
            }

        Assert.True(wet > 1000);
    }

    [Fact]
    public void Land_is_put_to_every_use_in_some_place()
    {
        Terrain terrain = new(4);
        HashSet<LandUse> uses = [];
        for (int i = 0; i < 400; i++) uses.Add(terrain.Use(i % 20 * 100, i / 20 * 100));
        Assert.Equal(3, uses.Count);
    }
}
