using BatchSegmenter.Pipeline.OutOfCore;

namespace BatchSegmenter.Pipeline.Tests.OutOfCore;

public sealed class ByteGateTests
{
    [Fact]
    public async Task Bytes_are_let_in_as_far_as_they_fit_and_in_order()
    {
        ByteGate gate = new(100);
        ByteGate.HeldBytes first = await gate.AcquireAsync(60, default), second = await gate.AcquireAsync(40, default);
        Task<ByteGate.HeldBytes> large = gate.AcquireAsync(70, default), small = gate.AcquireAsync(10, default);

        second.Dispose();
        Assert.False(large.IsCompleted || small.IsCompleted); // 10 would fit, but came later
        first.Dispose();
        await Task.WhenAll(large, small);

        Assert.Equal(80, gate.Held);
        (await large).ReduceTo(5);
        Assert.Equal(15, gate.Held);
        (await large).Dispose();
        (await large).Dispose();
        (await small).Dispose();
        Assert.Equal(0, gate.Held);
    }

    [Fact]
    public async Task What_is_larger_than_the_budget_is_let_in_alone()
    {
        ByteGate gate = new(100);
        ByteGate.HeldBytes one = await gate.AcquireAsync(1, default);
        Task<ByteGate.HeldBytes> oversized = gate.AcquireAsync(1000, default);
        Assert.False(oversized.IsCompleted);

        one.Dispose();
        using (await oversized)
            Assert.False(gate.AcquireAsync(1, default).IsCompleted);
    }

    [Fact]
    public async Task Who_stops_waiting_holds_nothing_and_stops_nobody()
    {
        ByteGate gate = new(100);
        ByteGate.HeldBytes all = await gate.AcquireAsync(100, default);
        using CancellationTokenSource cancellation = new();
        Task<ByteGate.HeldBytes> cancelled = gate.AcquireAsync(100, cancellation.Token), next = gate.AcquireAsync(100, default);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        all.Dispose();

        Assert.Equal(100, (await next, gate.Held).Held);
    }
}
