using BatchSegmenter.Onnx.Fusion;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>Brings <see cref="FusedOperator"/>s to sessions on the processor.</summary>
internal static unsafe class FusedDomain
{
    private static readonly Lazy<nint> Domain = new(Create);

    /// <summary>Lets sessions that start with these options use the operators.</summary>
    /// <exception cref="TypeInitializationException">The runtime is not there, or too old.</exception>
    /// <exception cref="InvalidOperationException">The runtime refuses the operators.</exception>
    public static void AddTo(SessionOptions options) => RuntimeApi.Add(options, Domain.Value);

    private static nint Create()
    {
        nint domain = RuntimeApi.CreateDomain("batchsegmenter\0"u8);
        RuntimeApi.Add(domain, CustomOperator.Create(FusedOperator.GroupedLayers, indices: 2, &GroupedLayers.Run));
        RuntimeApi.Add(domain, CustomOperator.Create(FusedOperator.InterpolatedLayers, indices: 1, &InterpolatedLayers.Run));
        RuntimeApi.Add(domain, CustomOperator.Create(FusedOperator.LargestNeighbors, indices: 1, &LargestNeighbors.Run));
        return domain;
    }
}
