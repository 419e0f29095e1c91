namespace BatchSegmenter.Geometry.Tests;

public class Bounds3Tests
{
    [Fact]
    public void Points_grow_the_box_and_numbers_that_are_none_do_not()
    {
        Bounds3 bounds = Bounds3.Empty.Add([1, double.NaN, 3, 9], [2, -9, -4, double.PositiveInfinity], [0, -9, 5, 9]);
        Assert.Equal(new Bounds3(1, -4, 0, 3, 2, 5), bounds);
        Assert.False(bounds.IsEmpty);
    }

    [Fact]
    public void The_union_with_an_empty_box_changes_nothing()
    {
        Bounds3 bounds = Bounds3.Empty.Add(1, 2, 3);
        Assert.True(Bounds3.Empty.IsEmpty);
        Assert.Equal(bounds, bounds.Union(Bounds3.Empty));
        Assert.Equal(bounds, Bounds3.Empty.Union(bounds));
        Assert.Equal(new Bounds3(0, 2, 3, 1, 5, 3), bounds.Union(Bounds3.Empty.Add(0, 5, 3)));
    }
}
