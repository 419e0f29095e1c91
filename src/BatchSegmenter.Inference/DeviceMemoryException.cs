using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference;

/// <summary>A device has not enough memory for the smallest run of a network.</summary>
public sealed class DeviceMemoryException(string message, Exception cause) : Exception(message, cause)
{
    // The runtime has no error code of its own for it; these are what its arenas, CUDA, cuBLAS, TensorRT and C++ say.
    private static readonly string[] Signs =
        ["out of memory", "OutOfMemory", "Failed to allocate memory", "BFCArena", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED", "bad_alloc", "bad allocation"];

    /// <summary>Whether the runtime failed for want of memory.</summary>
    internal static bool IsShortage(OnnxRuntimeException fault) => Signs.Any(sign => fault.Message.Contains(sign, StringComparison.OrdinalIgnoreCase));
}
