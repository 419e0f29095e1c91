using System.Text.Json;
using BatchSegmenter.Pipeline.Runs;

namespace BatchSegmenter.Pipeline.Storage;

/// <summary>
/// Keeps a second run off the outputs of the first. It is an object that its owner creates and rewrites every few seconds; all of it rests on
/// conditional writes, for folders and blobs alike. A lock whose owner is dead on the same machine is taken over at once; one from elsewhere
/// after it was not rewritten for a whole <see cref="Lease"/>, by the clock of whoever waits. An owner that was stopped for so long learns of it by <see cref="Lost"/>.
/// </summary>
public sealed class RunLock : IAsyncDisposable
{
    private readonly ObjectStore _outputs;
    private readonly string _name;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _released = new();
    private readonly TimeSpan _lease;
    private readonly LockHolder _holder;
    private readonly Task _renewing;
    private string _tag;

    private RunLock(ObjectStore outputs, string name, LockHolder holder, string tag, TimeSpan lease)
    {
        (_outputs, _name, _holder, _tag, _lease) = (outputs, name, holder, tag, lease);
        _renewing = Task.Run(RenewAsync);
    }

    /// <summary>How long a lock lives without being rewritten.</summary>
    public static TimeSpan Lease { get; } = TimeSpan.FromSeconds(15);

    /// <summary>Cancelled when the lock could not be kept: another run may have begun, and this one must stop writing.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>The lock's name in the store; each share of a run that is shared out has its own.</summary>
    public static string NameFor(RunShard? shard) => shard is null ? "_ledger/run.lock" : $"_ledger/run-{shard}.lock";

    /// <summary>
    /// Takes the lock, or tells who has it. Shards of the same number write side by side; a whole run, or shards of another number, exclude them
    /// all, since their shares overlap.
    /// </summary>
    /// <param name="outputs">The store that it is for.</param>
    /// <param name="shard">The share of the inputs; null for all.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ConfigurationException">Another run has it; the message says which.</exception>
    /// <exception cref="IOException">The store does not answer, or cannot be written.</exception>
    public static async Task<RunLock> TakeAsync(ObjectStore outputs, RunShard? shard, CancellationToken cancellation = default)
    {
        RunLock taken = await TakeAsync(outputs, NameFor(shard), LockHolder.Here(), Lease, cancellation).ConfigureAwait(false);
        try
        {
            List<string> others = [];
            await foreach (StoredObject other in outputs.ListAsync("_ledger/run", cancellation).ConfigureAwait(false))
                if (other.Name != taken._name && (shard is null || !other.Name.EndsWith($"-of-{shard.Count}.lock", StringComparison.Ordinal))) others.Add(other.Name);
            foreach (string other in others) await (await TakeAsync(outputs, other, taken._holder, Lease, cancellation).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            return taken;
        }
        catch
        {
            await taken.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes a lock by its name, for somebody, for a time.</summary>
    internal static async Task<RunLock> TakeAsync(ObjectStore outputs, string name, LockHolder me, TimeSpan lease, CancellationToken cancellation)
    {
        (StoredObject? watched, long since) = (null, 0);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            bool taken;
            if (await outputs.FindAsync(name, cancellation).ConfigureAwait(false) is { } there)
            {
                LockHolder? holder = await HolderOfAsync(outputs, there, cancellation).ConfigureAwait(false);
                bool isDead = holder?.IsAlive == false;
                if (holder is not null && (holder.IsAlive == true || (watched is not null && watched.Tag != there.Tag && holder.Run != me.Run)))
                    throw new ConfigurationException($"{outputs.Address}: another run writes there: {holder}; wait until it is over, or choose another output");
                bool isExpired = watched?.Tag == there.Tag && TimeProvider.System.GetElapsedTime(since) >= lease;
                if (watched?.Tag != there.Tag) (watched, since) = (there, TimeProvider.System.GetTimestamp());
                taken = (isDead || isExpired) && await outputs.TryReplaceAsync(name, me.ToJson(), there.Tag, cancellation).ConfigureAwait(false);
            }
            else
            {
                taken = await outputs.TryCreateAsync(name, me.ToJson(), cancellation).ConfigureAwait(false);
            }

            if (taken && await TagOfAsync(outputs, name, me, cancellation).ConfigureAwait(false) is { } tag) return new(outputs, name, me, tag, lease);
            await Task.Delay(lease / 30, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Releases the lock.</summary>
    public async ValueTask DisposeAsync()
    {
        await _released.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            if (await TagOfAsync(_outputs, _name, _holder, CancellationToken.None).ConfigureAwait(false) is not null) await _outputs.DeleteAsync(_name).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // It expires; what became of the run has been told.
        }
    }

    private async Task RenewAsync()
    {
        while (true)
        {
            await Task.Delay(_lease / 3, _released.Token).ConfigureAwait(false);
            try
            {
                // Where it has another tag, an earlier try may have been the one that came through.
                await _outputs.TryReplaceAsync(_name, _holder.ToJson(), _tag, _released.Token).ConfigureAwait(false);
                string? tag = await TagOfAsync(_outputs, _name, _holder, _released.Token).ConfigureAwait(false);
                if (tag is null) break;
                _tag = tag;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                // A store that is away for a while takes no outputs either; when it is back, the tag tells whether the lock is still this one.
            }
        }

        await _lost.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>The tag of the lock if this holder has it.</summary>
    private static async Task<string?> TagOfAsync(ObjectStore outputs, string name, LockHolder me, CancellationToken cancellation) =>
        await outputs.FindAsync(name, cancellation).ConfigureAwait(false) is { } there
        && await HolderOfAsync(outputs, there, cancellation).ConfigureAwait(false) is { } holder && holder.Run == me.Run ? there.Tag : null;

    /// <summary>Who has it; null where it changes just now or holds something else.</summary>
    private static async Task<LockHolder?> HolderOfAsync(ObjectStore outputs, StoredObject there, CancellationToken cancellation)
    {
        try
        {
            return LockHolder.Parse(await outputs.ReadAsync(there, cancellation).ConfigureAwait(false));
        }
        catch (Exception fault) when (fault is ObjectChangedException or JsonException)
        {
            return null;
        }
    }
}
