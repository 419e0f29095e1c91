using System.Reflection;
using BatchSegmenter.Inference.Sessions;
using Microsoft.ML.OnnxRuntime;

namespace BatchSegmenter.Inference.Tests.Sessions;

public sealed class SessionDeviceTests
{
    private readonly SessionDevice _device = new(ExecutionProvider.Cuda, 1);
    private readonly List<(int First, int Count)> _runs = [];

    [Fact]
    public void OneRunTakesAllThatMemoryHolds()
    {
        _device.Run(16, Within(16));
        Assert.Equal([(0, 16)], _runs);
        Assert.Null(_device.Shortage);
    }

    [Theory]
    [InlineData("CUDA failure 2: out of memory ; GPU=1")]
    [InlineData("Failed to allocate memory for requested buffer of size 1073741824")]
    [InlineData("BFCArena::AllocateRawInternal Available memory of 1024 is smaller than requested bytes of 4096")]
    [InlineData("CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED")]
    [InlineData("TensorRT EP failed: [executionContext.cpp] Error Code 2: OutOfMemory")]
    public void OutOfMemoryHalvesTheBatchAndGoesOnWithTheSmallerOne(string said)
    {
        _device.Run(16, Within(5, said));
        Assert.Equal([(0, 16), (0, 8), (0, 4), (4, 4), (8, 4), (12, 4)], _runs);

        _runs.Clear();
        _device.Run(10, Within(5, said));
        Assert.Equal([(0, 4), (4, 4), (8, 2)], _runs);
        Assert.Equal(
            "cuda device 1 ran out of memory on a batch of 16 blocks; the run went on with at most 4 at a time. Set inference.blocksPerBatch to 4, or give it more memory (inference.deviceMemory)",
            _device.Shortage);
    }

    [Fact]
    public void OneBlockThatDoesNotFitIsTold()
    {
        DeviceMemoryException fault = Assert.Throws<DeviceMemoryException>(() => _device.Run(3, Within(0)));
        Assert.Equal([(0, 3), (0, 1)], _runs);
        Assert.Contains("cuda device 1 has not enough memory for one block", fault.Message);
    }

    [Fact]
    public void OtherFaultsArePassedOn()
    {
        Assert.Throws<OnnxRuntimeException>(() => _device.Run(4, (_, _) => throw Fault("Invalid rank for input: positions")));
        Assert.Equal(int.MaxValue, _device.MostBlocks);
    }

    [Fact]
    public void RunsSideBySideKeepTheSmallestSize()
    {
        Parallel.For(0, 64, i => _device.Run(2 + i % 15, (_, count) =>
        {
            if (count > 3) throw Fault("out of memory");
        }));
        Assert.InRange(_device.MostBlocks, 2, 3);
    }

    private Action<int, int> Within(int most, string said = "out of memory") => (first, count) =>
    {
        _runs.Add((first, count));
        if (count > most) throw Fault(said);
    };

    /// <summary>What only the runtime itself can make otherwise.</summary>
    private static OnnxRuntimeException Fault(string said)
    {
        ConstructorInfo make = typeof(OnnxRuntimeException).GetConstructors(BindingFlags.NonPublic | BindingFlags.Instance).Single();
        return (OnnxRuntimeException)make.Invoke([Enum.ToObject(make.GetParameters()[0].ParameterType, 1), said]);
    }
}
