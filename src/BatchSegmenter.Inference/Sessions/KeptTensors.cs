using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Sessions;

/// <summary>Memory that the inputs of a session are stacked into, kept from run to run; the runtime's view of an input is made anew only where its shape changes.</summary>
internal sealed class KeptTensors : IDisposable
{
    private readonly List<KeptTensor<float>?> _floats = [];
    private readonly List<KeptTensor<int>?> _integers = [];

    /// <summary>The tensor of numbers that is the input of this place.</summary>
    public KeptTensor<float> Floats(int input) => At(_floats, input);

    /// <summary>The tensor of integers that is the input of this place.</summary>
    public KeptTensor<int> Integers(int input) => At(_integers, input);

    public void Dispose()
    {
        foreach (KeptTensor<float>? kept in _floats) kept?.Dispose();
        foreach (KeptTensor<int>? kept in _integers) kept?.Dispose();
    }

    private static KeptTensor<T> At<T>(List<KeptTensor<T>?> kept, int input) where T : unmanaged
    {
        while (kept.Count <= input) kept.Add(null);
        return kept[input] ??= new KeptTensor<T>();
    }
}

/// <summary>A tensor whose memory is used again for the next shape, and made anew where that needs more.</summary>
internal sealed class KeptTensor<T> : IDisposable where T : unmanaged
{
    private T[] _memory = [];
    private OrtValue? _value;
    private (int Rows, int? Columns) _shape;

    /// <summary>Gives the tensor a shape; what it contains then is any.</summary>
    /// <param name="rows">The first extent.</param>
    /// <param name="columns">The second one, or null for a vector.</param>
    /// <returns>The runtime's view, good until the next shape, and the memory.</returns>
    public (OrtValue Value, Memory<T> Memory) Take(int rows, int? columns)
    {
        int length = checked(rows * (columns ?? 1));
        if (_value is null || _shape != (rows, columns))
        {
            Dispose();
            if (_memory.Length < length) _memory = GC.AllocateUninitializedArray<T>(length, pinned: true);
            _value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, _memory.AsMemory(0, length), columns is int extent ? [rows, extent] : [rows]);
            _shape = (rows, columns);
        }
        return (_value, _memory.AsMemory(0, length));
    }

    public void Dispose()
    {
        _value?.Dispose();
        _value = null;
    }
}
