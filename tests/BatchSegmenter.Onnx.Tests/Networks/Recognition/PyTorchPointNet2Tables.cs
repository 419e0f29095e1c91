namespace BatchSegmenter.Onnx.Tests.Networks.Recognition;

/// <summary>The PyTorch PointNet++ networks at their full size.</summary>
internal static class PyTorchPointNet2Tables
{
    public static CheckpointTable SegmentationSingle(int channels = 9, int classes = 13)
    {
        CheckpointTable table = [];
        Single(table, "sa1", channels + 3, 32, 32, 64);
        Single(table, "sa2", 64 + 3, 64, 64, 128);
        Single(table, "sa3", 128 + 3, 128, 128, 256);
        Single(table, "sa4", 256 + 3, 256, 256, 512);
        Propagate(table, "fp4", 768, 256, 256);
        Propagate(table, "fp3", 384, 256, 256);
        Propagate(table, "fp2", 320, 256, 128);
        Propagate(table, "fp1", 128, 128, 128, 128);
        return PointHead(table, classes);
    }

    public static CheckpointTable SegmentationMulti(int channels = 9, int classes = 13)
    {
        CheckpointTable table = [];
        Multi(table, "sa1", channels + 3, [16, 16, 32], [32, 32, 64]);
        Multi(table, "sa2", 32 + 64 + 3, [64, 64, 128], [64, 96, 128]);
        Multi(table, "sa3", 128 + 128 + 3, [128, 196, 256], [128, 196, 256]);
        Multi(table, "sa4", 256 + 256 + 3, [256, 256, 512], [256, 384, 512]);
        Propagate(table, "fp4", 512 + 512 + 256 + 256, 256, 256);
        Propagate(table, "fp3", 128 + 128 + 256, 256, 256);
        Propagate(table, "fp2", 32 + 64 + 256, 256, 128);
        Propagate(table, "fp1", 128, 128, 128, 128);
        return PointHead(table, classes);
    }

    public static CheckpointTable PartsSingle(bool normals = false, int categories = 16, int classes = 50)
    {
        int extra = normals ? 3 : 0;
        CheckpointTable table = [];
        Single(table, "sa1", 6 + extra, 64, 64, 128);
        Single(table, "sa2", 128 + 3, 128, 128, 256);
        Single(table, "sa3", 256 + 3, 256, 512, 1024);
        Propagate(table, "fp3", 1280, 256, 256);
        Propagate(table, "fp2", 384, 256, 128);
        Propagate(table, "fp1", 128 + categories + 6 + extra, 128, 128, 128);
        return PointHead(table, classes);
    }

    public static CheckpointTable PartsMulti(bool normals = false)
    {
        int extra = normals ? 3 : 0;
        CheckpointTable table = [];
        Multi(table, "sa1", 3 + extra + 3, [32, 32, 64], [64, 64, 128], [64, 96, 128]);
        Multi(table, "sa2", 128 + 128 + 64 + 3, [128, 128, 256], [128, 196, 256]);
        Single(table, "sa3", 512 + 3, 256, 512, 1024);
        Propagate(table, "fp3", 1536, 256, 256);
        Propagate(table, "fp2", 576, 256, 128);
        Propagate(table, "fp1", 150 + extra, 128, 128);
        return PointHead(table, 50);
    }

    public static CheckpointTable ClassificationSingle(bool normals = true, int classes = 40)
    {
        CheckpointTable table = [];
        Single(table, "sa1", normals ? 6 : 3, 64, 64, 128);
        Single(table, "sa2", 128 + 3, 128, 128, 256);
        Single(table, "sa3", 256 + 3, 256, 512, 1024);
        return BlockHead(table, classes);
    }

    public static CheckpointTable ClassificationMulti(bool normals = true, int classes = 40)
    {
        CheckpointTable table = [];
        Multi(table, "sa1", (normals ? 3 : 0) + 3, [32, 32, 64], [64, 64, 128], [64, 96, 128]);
        Multi(table, "sa2", 320 + 3, [64, 64, 128], [128, 128, 256], [128, 128, 256]);
        Single(table, "sa3", 640 + 3, 256, 512, 1024);
        return BlockHead(table, classes);
    }

    private static void Single(CheckpointTable table, string prefix, int inputs, params int[] widths)
    {
        for (int i = 0; i < widths.Length; i++)
        {
            table.Convolution($"{prefix}.mlp_convs.{i}", i == 0 ? inputs : widths[i - 1], widths[i], axes: 2);
            table.Norm($"{prefix}.mlp_bns.{i}", widths[i]);
        }
    }

    private static void Multi(CheckpointTable table, string prefix, int inputs, params int[][] scales)
    {
        for (int scale = 0; scale < scales.Length; scale++)
            for (int i = 0; i < scales[scale].Length; i++)
            {
                table.Convolution($"{prefix}.conv_blocks.{scale}.{i}", i == 0 ? inputs : scales[scale][i - 1], scales[scale][i], axes: 2);
                table.Norm($"{prefix}.bn_blocks.{scale}.{i}", scales[scale][i]);
            }
    }

    private static void Propagate(CheckpointTable table, string prefix, int inputs, params int[] widths)
    {
        for (int i = 0; i < widths.Length; i++)
        {
            table.Convolution($"{prefix}.mlp_convs.{i}", i == 0 ? inputs : widths[i - 1], widths[i], axes: 1);
            table.Norm($"{prefix}.mlp_bns.{i}", widths[i]);
        }
    }

    private static CheckpointTable PointHead(CheckpointTable table, int classes)
    {
        table.Convolution("conv1", 128, 128, axes: 1);
        table.Norm("bn1", 128);
        table.Convolution("conv2", 128, classes, axes: 1);
        return table;
    }

    private static CheckpointTable BlockHead(CheckpointTable table, int classes)
    {
        table.Convolution("fc1", 1024, 512, axes: 0);
        table.Norm("bn1", 512);
        table.Convolution("fc2", 512, 256, axes: 0);
        table.Norm("bn2", 256);
        table.Convolution("fc3", 256, classes, axes: 0);
        return table;
    }
}
