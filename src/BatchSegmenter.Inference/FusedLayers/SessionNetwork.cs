using BatchSegmenter.Onnx;
using BatchSegmenter.Onnx.Fusion;
using BatchSegmenter.Onnx.Graph;
using BatchSegmenter.Onnx.Serialization;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>The network of a model as its sessions start it: on the processor with layers that are fused once for all sessions, or as it is where that does not go.</summary>
/// <param name="network">The bytes of the ONNX file.</param>
/// <param name="fused">The same with fused layers; null where there are none.</param>
internal sealed class SessionNetwork(byte[] network, Lazy<byte[]?> fused)
{
    private volatile string? _refusal;

    /// <param name="network">The bytes of the ONNX file.</param>
    /// <param name="isFused">Whether to fuse layers on the processor, if it has the vectors for it.</param>
    public SessionNetwork(byte[] network, bool isFused) : this(network, new Lazy<byte[]?>(() => isFused && LayerTile.IsSupported ? Fused(network) : null))
    {
    }

    /// <summary>The bytes of the ONNX file.</summary>
    public byte[] Bytes => network;

    /// <summary>Why layers that could be fused are not; null where there is no such reason, or no session on the processor yet.</summary>
    public string? Refusal => _refusal;

    /// <summary>Starts a session on the processor.</summary>
    /// <param name="options">Its options.</param>
    /// <exception cref="OnnxRuntimeException">The runtime refuses the network as it is.</exception>
    public InferenceSession StartOnProcessor(SessionOptions options)
    {
        if (_refusal is not null || fused.Value is not { } bytes) return new InferenceSession(network, options);
        try
        {
            FusedDomain.AddTo(options);
            return new InferenceSession(bytes, options);
        }
        catch (Exception fault) when (fault is OnnxRuntimeException or InvalidOperationException or TypeInitializationException { InnerException: DllNotFoundException or EntryPointNotFoundException or NotSupportedException })
        {
            InferenceSession plain = new(network, options); // where this fails as well, its own reason is the one to tell
            _refusal = $"layers are not fused, so that the network is slower: {ExecutionProvider.FirstLine((fault.InnerException ?? fault).Message)}";
            return plain;
        }
    }

    private static byte[]? Fused(byte[] network)
    {
        try
        {
            OnnxGraph graph = OnnxReader.Read(network, ModelBundle.NetworkFile), fused = LayerFusion.Apply(graph);
            return ReferenceEquals(fused, graph) ? null : OnnxWriter.Write(fused);
        }
        catch (InvalidOnnxException)
        {
            return null; // what the reader does not know, the runtime may
        }
    }
}
