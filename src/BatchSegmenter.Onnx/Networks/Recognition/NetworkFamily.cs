namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>Networks that are defined alike and whose checkpoints have the same keys.</summary>
/// <param name="Id">What presets call it.</param>
/// <param name="Name">What it is, for people.</param>
internal sealed record NetworkFamily(string Id, string Name)
{
    public static readonly NetworkFamily SegmentationSingle = new("pointnet2-segmentation-ssg", "PointNet++ semantic segmentation, one scale per level");
    public static readonly NetworkFamily SegmentationMulti = new("pointnet2-segmentation-msg", "PointNet++ semantic segmentation, several scales per level");
    public static readonly NetworkFamily PartsSingle = new("pointnet2-parts-ssg", "PointNet++ part segmentation, one scale per level");
    public static readonly NetworkFamily PartsMulti = new("pointnet2-parts-msg", "PointNet++ part segmentation, several scales per level");
    public static readonly NetworkFamily ClassificationSingle = new("pointnet2-classification-ssg", "PointNet++ classification, one scale per level");
    public static readonly NetworkFamily ClassificationMulti = new("pointnet2-classification-msg", "PointNet++ classification, several scales per level");
    public static readonly NetworkFamily PointNetSegmentation = new("pointnet-segmentation", "PointNet semantic segmentation");
    public static readonly NetworkFamily PointNextSegmentation = new("pointnext-segmentation", "PointNeXt semantic segmentation");
    public static readonly NetworkFamily PointNextClassification = new("pointnext-classification", "PointNeXt classification");
    public static readonly NetworkFamily Trainer = new("batchsegmenter", "BatchSegmenter's own PointNet++ segmentation");

    /// <summary>All that are known.</summary>
    public static readonly IReadOnlyList<NetworkFamily> All =
    [
        SegmentationSingle, SegmentationMulti, PartsSingle, PartsMulti, ClassificationSingle, ClassificationMulti,
        PointNetSegmentation, PointNextSegmentation, PointNextClassification, Trainer,
    ];
}
