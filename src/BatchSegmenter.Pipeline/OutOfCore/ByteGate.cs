namespace BatchSegmenter.Pipeline.OutOfCore;

/// <summary>
/// Lets work in as far as its bytes fit into a budget, in the order in which it asks; work that is larger than the budget is let in
/// when nothing else is.
/// </summary>
/// <param name="capacity">Bytes that may be held at once, above 0.</param>
internal sealed class ByteGate(long capacity)
{
    private readonly Lock _gate = new();
    private readonly Queue<(TaskCompletionSource Admitted, long Bytes)> _waiting = [];
    private long _held;

    /// <summary>Bytes that may be held at once.</summary>
    public long Capacity { get; } = capacity;

    /// <summary>Bytes held now.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>Waits until the bytes fit, and holds them until what is returned is disposed.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while it waited; it holds nothing then.</exception>
    public async Task<HeldBytes> AcquireAsync(long bytes, CancellationToken cancellation)
    {
        TaskCompletionSource admitted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue((admitted, bytes));
            Admit();
        }

        using CancellationTokenRegistration registration = cancellation.Register(() => admitted.TrySetCanceled(cancellation));
        await admitted.Task;
        return new HeldBytes(this, bytes);
    }

    private void Release(long bytes)
    {
        lock (_gate)
        {
            _held -= bytes;
            Admit();
        }
    }

    private void Admit()
    {
        while (_waiting.TryPeek(out (TaskCompletionSource Admitted, long Bytes) next))
        {
            bool fits = _held == 0 || _held + next.Bytes <= Capacity;
            if (!fits && !next.Admitted.Task.IsCanceled) return;
            _waiting.Dequeue();
            if (next.Admitted.Task.IsCanceled) continue;
            _held += next.Bytes;
            if (!next.Admitted.TrySetResult()) _held -= next.Bytes; // cancelled at this very moment
        }
    }

    /// <summary>Bytes that were let in.</summary>
    internal sealed class HeldBytes(ByteGate gate, long bytes) : IDisposable
    {
        private long _bytes = bytes;

        /// <summary>Gives back all but so many.</summary>
        public void ReduceTo(long rest)
        {
            long freed = 0;
            lock (gate._gate)
            {
                if (rest >= _bytes) return;
                (freed, _bytes) = (_bytes - rest, rest);
            }

            gate.Release(freed);
        }

        /// <summary>Gives back what is left; later calls do nothing.</summary>
        public void Dispose() => ReduceTo(0);
    }
}
