using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using BatchSegmenter.Onnx.Fusion;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>
/// An operator as ONNX Runtime wants it described: the struct OrtCustomOp of version 16, whose functions it calls with the address of the struct, and behind it
/// what these functions look up.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CustomOperator
{
    private const uint Layout = 16;
    private const int Any = 0, Float = 1, Int32 = 6; // ONNXTensorElementDataType, of which 0 stands for all
    private const int Required = 0, Optional = 1; // OrtCustomOpInputOutputCharacteristic
    private const int DefaultMemory = 0; // OrtMemTypeDefault

    private nint _version;
    private nint _createKernel;
    private delegate* unmanaged[Cdecl]<CustomOperator*, byte*> _name;
    private delegate* unmanaged[Cdecl]<CustomOperator*, byte*> _executionProvider;
    private delegate* unmanaged[Cdecl]<CustomOperator*, nint, int> _inputType;
    private delegate* unmanaged[Cdecl]<CustomOperator*, nint> _inputCount;
    private delegate* unmanaged[Cdecl]<CustomOperator*, nint, int> _outputType;
    private delegate* unmanaged[Cdecl]<CustomOperator*, nint> _outputCount;
    private nint _compute;
    private delegate* unmanaged[Cdecl]<nint, void> _destroyKernel;
    private delegate* unmanaged[Cdecl]<CustomOperator*, nint, int> _inputCharacteristic;
    private delegate* unmanaged[Cdecl]<CustomOperator*, nint, int> _outputCharacteristic;
    private delegate* unmanaged[Cdecl]<CustomOperator*, nint, int> _inputMemory;
    private delegate* unmanaged[Cdecl]<CustomOperator*, int> _variadicInputs;
    private delegate* unmanaged[Cdecl]<CustomOperator*, int> _variadicInputsAlike;
    private delegate* unmanaged[Cdecl]<CustomOperator*, int> _variadicOutputs;
    private delegate* unmanaged[Cdecl]<CustomOperator*, int> _variadicOutputsAlike;
    private delegate* unmanaged[Cdecl]<CustomOperator*, nint, nint, nint*, nint> _createKernelWithStatus;
    private delegate* unmanaged[Cdecl]<nint, nint, nint> _computeWithStatus;

    private byte* _ownName;
    private int _indices;
    private int _firstLayer;
    private int _layers;
    private delegate*<nint, void> _run;

    /// <summary>Describes an operator, for the life of the process.</summary>
    /// <param name="name">One of <see cref="FusedOperator"/>'s.</param>
    /// <param name="indices">The input that is int32; all others are float32, but layers' matrices may be int8.</param>
    /// <param name="run">Computes a node, from the runtime's context of it.</param>
    public static CustomOperator* Create(string name, int indices, delegate*<nint, void> run)
    {
        CustomOperator* it = (CustomOperator*)NativeMemory.AllocZeroed((nuint)sizeof(CustomOperator));
        byte[] text = Encoding.UTF8.GetBytes($"{name}\0");
        byte* ownName = (byte*)NativeMemory.Alloc((nuint)text.Length);
        text.CopyTo(new Span<byte>(ownName, text.Length));
        *it = new CustomOperator
        {
            _version = (nint)Layout,
            _name = &Name,
            _executionProvider = &Processor,
            _inputType = &InputType,
            _inputCount = &InputCount,
            _outputType = &OutputType,
            _outputCount = &One,
            _destroyKernel = &DestroyKernel,
            _inputCharacteristic = &InputCharacteristic,
            _outputCharacteristic = &OutputCharacteristic,
            _inputMemory = &InputMemory,
            _variadicInputs = &NoVariadic,
            _variadicInputsAlike = &NoVariadic,
            _variadicOutputs = &NoVariadic,
            _variadicOutputsAlike = &NoVariadic,
            _createKernelWithStatus = &CreateKernel,
            _computeWithStatus = &Compute,
            _ownName = ownName,
            _indices = indices,
            _firstLayer = FusedOperator.FirstLayer(name),
            _layers = name == FusedOperator.LargestNeighbors ? 0 : FusedOperator.MostLayers,
            _run = run,
        };
        return it;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* Name(CustomOperator* it) => it->_ownName;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* Processor(CustomOperator* it) => null;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int InputType(CustomOperator* it, nint index)
    {
        if (index == it->_indices) return Int32;
        bool isMatrix = index >= it->_firstLayer && (index - it->_firstLayer) % 2 == 0;
        return isMatrix ? Any : Float;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint InputCount(CustomOperator* it) => it->_firstLayer + 2 * it->_layers;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OutputType(CustomOperator* it, nint index) => Float;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint One(CustomOperator* it) => 1;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int InputCharacteristic(CustomOperator* it, nint index) => index < it->_firstLayer ? Required : Optional;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OutputCharacteristic(CustomOperator* it, nint index) => Required;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int InputMemory(CustomOperator* it, nint index) => DefaultMemory;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int NoVariadic(CustomOperator* it) => 1;

    /// <summary>A kernel has no state: it is the operator itself.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint CreateKernel(CustomOperator* it, nint api, nint node, nint* kernel)
    {
        *kernel = (nint)it;
        return 0;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void DestroyKernel(nint kernel)
    {
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Compute(nint kernel, nint context)
    {
        try
        {
            ((CustomOperator*)kernel)->_run(context);
            return 0;
        }
        catch (Exception fault)
        {
            // No exception may pass through native code; the session's run throws it again, as the runtime's.
            return RuntimeApi.Fault(fault.Message);
        }
    }
}
