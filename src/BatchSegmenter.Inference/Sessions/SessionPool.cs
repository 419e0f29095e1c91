using System.Collections.Concurrent;

namespace BatchSegmenter.Inference.Sessions;

/// <summary>
/// Sessions of one network, on one device or several, of which a run takes the next that is free: a quick device comes back sooner and so does
/// more. Sessions beyond the first of each device are started when so many runs go side by side for the first time.
/// </summary>
internal sealed class SessionPool : IDisposable
{
    private readonly ConcurrentQueue<PooledSession> _free;
    private readonly ConcurrentQueue<Func<PooledSession>> _notStarted;
    private readonly SemaphoreSlim _turns;
    private volatile bool _disposed;

    /// <param name="started">Sessions that are ready.</param>
    /// <param name="further">Starts one session each.</param>
    /// <exception cref="ArgumentException">There are none.</exception>
    public SessionPool(IEnumerable<PooledSession> started, IEnumerable<Func<PooledSession>> further)
    {
        (_free, _notStarted) = (new(started), new(further));
        Size = _free.Count + _notStarted.Count;
        if (Size == 0) throw new ArgumentException("A pool has at least one session.", nameof(started));
        _turns = new SemaphoreSlim(Size);
    }

    /// <summary>Runs that can go side by side.</summary>
    public int Size { get; }

    /// <summary>Takes the next free session, and waits for one if there is none.</summary>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The pool is closed.</exception>
    /// <exception cref="Microsoft.ML.OnnxRuntime.OnnxRuntimeException">A further session does not start.</exception>
    public SessionLease Lease(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _turns.Wait(cancellation);
        if (_free.TryDequeue(out PooledSession? free)) return new SessionLease(this, free);
        // Whoever has a turn has a session: if it is not a free one, it is one to be started, unless the pool was closed meanwhile.
        ObjectDisposedException.ThrowIf(!_notStarted.TryDequeue(out Func<PooledSession>? start), this);
        try
        {
            return new SessionLease(this, start!());
        }
        catch
        {
            _notStarted.Enqueue(start!);
            _turns.Release();
            throw;
        }
    }

    /// <summary>Ends the sessions that are free now, and those that are in use when they come back; who waits for one is refused.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        _notStarted.Clear();
        EndFree();
        _turns.Release(Size);
    }

    internal void Return(PooledSession session)
    {
        _free.Enqueue(session);
        if (_disposed) EndFree();
        else _turns.Release();
    }

    private void EndFree()
    {
        while (_free.TryDequeue(out PooledSession? free)) free.Dispose();
    }
}

/// <summary>A session that is one run's alone until it is disposed of, once.</summary>
internal readonly struct SessionLease(SessionPool pool, PooledSession session) : IDisposable
{
    public PooledSession Session => session;

    public void Dispose() => pool.Return(session);
}
