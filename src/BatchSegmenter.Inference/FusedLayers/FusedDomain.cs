using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Serialization;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>Brings <see cref="FusedOperator"/>s to sessions on the processor.</summary>
internal static unsafe class FusedDomain
{
    private static readonly Lazy<nint> Domain = new(Create);

    /// <summary>A network with its layers fused, and options under which it can start; the network itself where nothing can be fused here.</summary>
    /// <param name="network">The bytes of the ONNX file.</param>
    /// <param name="options">Of the session that is to start.</param>
    /// <param name="passedOver">Gets a line where the runtime does not let it happen.</param>
    public static byte[] Fuse(byte[] network, SessionOptions options, List<string> passedOver)
    {
        if (!LayerTile.IsSupported || Read(network) is not { } graph) return network;
        OnnxGraph fused = LayerFusion.Apply(graph);
        if (ReferenceEquals(fused, graph)) return network;
        try
        {
            RuntimeApi.Add(options, Domain.Value);
        }
        catch (TypeInitializationException fault) when (fault.InnerException is DllNotFoundException or EntryPointNotFoundException or NotSupportedException)
        {
            passedOver.Add($"layers are not fused, so that the network is slower: {fault.InnerException.Message.ReplaceLineEndings(" ")}");
            return network;
        }
        return OnnxWriter.Write(fused);
    }

    private static OnnxGraph? Read(byte[] network)
    {
        try
        {
            return OnnxReader.Read(network, ModelBundle.NetworkFile);
        }
        catch (InvalidOnnxException)
        {
            return null; // what the reader does not know, the runtime may
        }
    }

    private static nint Create()
    {
        nint domain = RuntimeApi.CreateDomain("batchsegmenter\0"u8);
        RuntimeApi.Add(domain, CustomOperator.Create(FusedOperator.GroupedLayers, indices: 2, &GroupedLayers.Run));
        RuntimeApi.Add(domain, CustomOperator.Create(FusedOperator.InterpolatedLayers, indices: 1, &InterpolatedLayers.Run));
        RuntimeApi.Add(domain, CustomOperator.Create(FusedOperator.LargestNeighbors, indices: 1, &LargestNeighbors.Run));
        return domain;
    }
}
