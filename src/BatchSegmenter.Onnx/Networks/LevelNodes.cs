using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>The points of one level of every block of a batch, as tensors on the tape. Rows are those of all blocks, one block after another.</summary>
/// <param name="Axes">x, y and z, each [blocks, points].</param>
/// <param name="Count">Points per block, int64 [1].</param>
/// <param name="FirstRows">The row at which each block starts, int64 [blocks, 1].</param>
internal sealed record LevelNodes(Value[] Axes, Value Count, Value FirstRows);
