using BatchSegmenter.Onnx.Networks;

namespace BatchSegmenter.Onnx.Tests.Networks;

internal static class SampleNetworks
{
    /// <summary>Two levels, one with two scales; with and without skip; relative coordinates scaled and not.</summary>
    public static PointNet2Description TwoLevels() => new()
    {
        Features = 4,
        Classes = 3,
        Levels =
        [
            new() { Ratio = 0.25, RelativeByRadius = true, Scales = [Scale(2.5f, 8, 8, 12), Scale(5, 16, 6)] },
            new() { Samples = 16, Scales = [Scale(10, 8, 16, 16, 24)] },
        ],
        Propagation = [new() { Widths = [20, 16] }, new() { Widths = [16], Skip = false }],
        Head = [12],
        Dropout = 0.5,
    };

    public static ScaleDescription Scale(float radius, int neighbors, params int[] widths) => new() { Radius = radius, Neighbors = neighbors, Widths = widths };
}
