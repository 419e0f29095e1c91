using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.FusedLayers;

/// <summary>
/// The part of ONNX Runtime's C interface that operators of our own need and the managed package leaves out. Its table of functions only ever grows at the end
/// (onnxruntime_c_api.h), so a place in it stays good.
/// </summary>
internal static unsafe class RuntimeApi
{
    /// <summary>The version of the interface from which on all that is used is there.</summary>
    public const uint Version = 17;

    private const int CreateStatus = 0, GetErrorMessage = 2, CreateCustomOpDomain = 26, CustomOpDomainAdd = 27, AddCustomOpDomain = 28, GetTensorMutableData = 51, GetDimensionsCount = 61,
        GetDimensions = 62, GetTensorTypeAndShape = 65, KernelContextGetInputCount = 88, KernelContextGetInput = 90, KernelContextGetOutput = 91, ReleaseStatus = 93,
        ReleaseTensorTypeAndShape = 99, KernelContextParallelFor = 274;

    private const int Failure = 1;
    private const int MostAxes = 8;

    private static readonly nint* Functions = Table();

    /// <summary>Makes a domain of operators, for the life of the process.</summary>
    public static nint CreateDomain(ReadOnlySpan<byte> name)
    {
        nint domain;
        fixed (byte* text = name) Check(((delegate* unmanaged[Cdecl]<byte*, nint*, nint>)Functions[CreateCustomOpDomain])(text, &domain));
        return domain;
    }

    /// <summary>Adds an operator to a domain; it must stay where it is.</summary>
    public static void Add(nint domain, CustomOperator* @operator) => Check(((delegate* unmanaged[Cdecl]<nint, CustomOperator*, nint>)Functions[CustomOpDomainAdd])(domain, @operator));

    /// <summary>Lets sessions that start with these options use a domain.</summary>
    public static void Add(SessionOptions options, nint domain) =>
        Check(((delegate* unmanaged[Cdecl]<nint, nint, nint>)Functions[AddCustomOpDomain])(options.DangerousGetHandle(), domain));

    /// <summary>A failure to tell the runtime.</summary>
    public static nint Fault(string message)
    {
        nint text = Marshal.StringToCoTaskMemUTF8(message);
        nint status = ((delegate* unmanaged[Cdecl]<int, nint, nint>)Functions[CreateStatus])(Failure, text);
        Marshal.FreeCoTaskMem(text);
        return status;
    }

    /// <summary>Inputs of the node that runs, without optional ones that are left out at the end.</summary>
    public static int InputCount(nint context)
    {
        nint count;
        Check(((delegate* unmanaged[Cdecl]<nint, nint*, nint>)Functions[KernelContextGetInputCount])(context, &count));
        return (int)count;
    }

    /// <summary>An input of the node that runs, of one or two axes.</summary>
    public static KernelTensor Input(nint context, int index)
    {
        nint value, information, axes;
        Check(((delegate* unmanaged[Cdecl]<nint, nint, nint*, nint>)Functions[KernelContextGetInput])(context, index, &value));
        if (value == 0) return default;
        Check(((delegate* unmanaged[Cdecl]<nint, nint*, nint>)Functions[GetTensorTypeAndShape])(value, &information));
        long* extents = stackalloc long[MostAxes];
        Check(((delegate* unmanaged[Cdecl]<nint, nint*, nint>)Functions[GetDimensionsCount])(information, &axes));
        if (axes is 1 or 2) Check(((delegate* unmanaged[Cdecl]<nint, long*, nint, nint>)Functions[GetDimensions])(information, extents, axes));
        ((delegate* unmanaged[Cdecl]<nint, void>)Functions[ReleaseTensorTypeAndShape])(information);
        return axes switch
        {
            1 => new KernelTensor(Contents(value), null, (int)extents[0]),
            2 => new KernelTensor(Contents(value), (int)extents[0], (int)extents[1]),
            _ => throw new InvalidOperationException($"input {index} has {axes} axes; 1 or 2 were expected"),
        };
    }

    /// <summary>The memory of the node's only output, [rows, columns].</summary>
    public static float* Output(nint context, int rows, int columns)
    {
        long* extents = stackalloc long[] { rows, columns };
        nint value;
        Check(((delegate* unmanaged[Cdecl]<nint, nint, long*, nint, nint*, nint>)Functions[KernelContextGetOutput])(context, 0, extents, 2, &value));
        return (float*)Contents(value);
    }

    /// <summary>Does work on the threads of the session's run.</summary>
    /// <param name="context">Of the node that runs.</param>
    /// <param name="work">Called with <paramref name="state"/> and each number below <paramref name="times"/>.</param>
    /// <param name="times">How often.</param>
    /// <param name="state">For the work.</param>
    public static void ParallelFor(nint context, delegate* unmanaged[Cdecl]<void*, nint, void> work, int times, void* state) =>
        Check(((delegate* unmanaged[Cdecl]<nint, void*, nint, nint, void*, nint>)Functions[KernelContextParallelFor])(context, work, times, 0, state));

    private static nint Contents(nint value)
    {
        nint contents;
        Check(((delegate* unmanaged[Cdecl]<nint, nint*, nint>)Functions[GetTensorMutableData])(value, &contents));
        return contents;
    }

    private static void Check(nint status)
    {
        if (status == 0) return;
        string message = Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint, nint>)Functions[GetErrorMessage])(status))!;
        ((delegate* unmanaged[Cdecl]<nint, void>)Functions[ReleaseStatus])(status);
        throw new InvalidOperationException(message);
    }

    private static nint* Table()
    {
        ApiBase* api = OrtGetApiBase();
        nint* table = api->GetApi(Version);
        return table is not null ? table : throw new NotSupportedException($"this ONNX Runtime has no interface of version {Version}; take release 1.{Version} or a later one");
    }

    [DllImport("onnxruntime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern ApiBase* OrtGetApiBase();

    [StructLayout(LayoutKind.Sequential)]
    private struct ApiBase
    {
        public delegate* unmanaged[Cdecl]<uint, nint*> GetApi;
        public delegate* unmanaged[Cdecl]<byte*> GetVersion;
    }
}

/// <summary>A tensor that a node reads.</summary>
/// <param name="Contents">Address of its elements; 0 where an optional input is left out.</param>
/// <param name="Rows">The first of two extents; null for a vector.</param>
/// <param name="Columns">The last extent.</param>
internal readonly record struct KernelTensor(nint Contents, int? Rows, int Columns);
