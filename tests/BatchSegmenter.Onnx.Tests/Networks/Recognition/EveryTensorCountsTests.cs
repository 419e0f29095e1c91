using BatchSegmenter.Onnx.Networks.Recognition;

namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

/// <summary>No tensor of any family can be missing or of another size without being noticed.</summary>
public class EveryTensorCountsTests
{
    /// <summary>The tables with their presets, and the extents that a retrained network may differ in alone.</summary>
    private static readonly Dictionary<string, (Func<CheckpointTable> Table, string Preset, string[] Free)> Families = new()
    {
        ["segmentation, one scale"] = (() => PyTorchPointNet2Tables.SegmentationSingle(), "s3dis", ["sa1.mlp_convs.0.weight"]),
        ["segmentation, scales"] = (() => PyTorchPointNet2Tables.SegmentationMulti(), "s3dis", []),
        // Another input is a feature more and a category less; both are told by the counts of names.
        ["parts, one scale"] = (() => PyTorchPointNet2Tables.PartsSingle(), "shapenet-part", ["sa1.mlp_convs.0.weight", "fp1.mlp_convs.0.weight"]),
        ["parts, scales"] = (() => PyTorchPointNet2Tables.PartsMulti(normals: true), "shapenet-part", ["fp1.mlp_convs.0.weight"]),
        ["classification, one scale"] = (() => PyTorchPointNet2Tables.ClassificationSingle(), "modelnet40", ["sa1.mlp_convs.0.weight"]),
        ["classification, scales"] = (() => PyTorchPointNet2Tables.ClassificationMulti(normals: false), "modelnet40", []),
        ["PointNet"] = (() => PyTorchPointNetTests.Segmentation(), "s3dis", []),
        ["PointNeXt-S"] = (() => OpenPointsPointNextTests.Segmentation(32, 2, true, [0, 0, 0, 0]), "s3dis-pointnext", ["encoder.encoder.0.0.convs.0.0.weight"]),
        ["PointNeXt-L"] = (() => OpenPointsPointNextTests.Segmentation(32, 1, false, [2, 4, 2, 2]), "s3dis-pointnext", ["encoder.encoder.0.0.convs.0.0.weight"]),
    };

    public static TheoryData<string> Names => [.. Families.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void NoneCanBeMissing(string name)
    {
        (Func<CheckpointTable> table, string preset, _) = Families[name];
        foreach (string key in table().Keys.Where(key => !key.EndsWith("tracked", StringComparison.Ordinal)))
            AssertFault(table().Without(key), preset, key);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void NoneCanBeLarger(string name)
    {
        (Func<CheckpointTable> table, string preset, string[] free) = Families[name];
        foreach ((string key, IReadOnlyList<long> shape) in table())
            for (int axis = 0; axis < shape.Count; axis++)
            {
                if (axis == 1 && free.Contains(key)) continue;
                long[] larger = [.. shape];
                larger[axis]++;
                AssertFault(table().With(key, larger), preset, $"{key}, axis {axis}");
            }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void NoneCanBeTooMany(string name)
    {
        (Func<CheckpointTable> table, string preset, _) = Families[name];
        foreach (string key in table().Keys.ToArray())
            AssertFault(table().With(key + "x", 1), preset, key);
    }

    private static void AssertFault(CheckpointTable table, string preset, string what)
    {
        Exception? fault = Record.Exception(() => PyTorchPointNet2Tests.Recognize(table, preset));
        Assert.True(fault is InvalidCheckpointException, $"{what}: {fault?.ToString() ?? "nothing was noticed"}");
    }
}
