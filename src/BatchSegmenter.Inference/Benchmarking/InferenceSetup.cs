namespace BatchSegmenter.Inference.Benchmarking;

/// <summary>One way of running a network.</summary>
/// <param name="Provider">The execution provider wished for; of <see cref="ExecutionProvider.Names"/>.</param>
/// <param name="Threads">Threads within a session run, at least 1.</param>
/// <param name="Sessions">Sessions side by side, each fed by a thread of its own, at least 1.</param>
/// <param name="BlocksPerBatch">Blocks stacked for one session run, at least 1.</param>
public sealed record InferenceSetup(string Provider, int Threads, int Sessions, int BlocksPerBatch)
{
    /// <summary>Cores that the setup can keep busy.</summary>
    public int Cores => Threads * Sessions;

    /// <summary><c>cpu 2×1, 4 blocks</c>: sessions × threads.</summary>
    public override string ToString() => $"{Provider} {Sessions}×{Threads}, {BlocksPerBatch} block{(BlocksPerBatch == 1 ? "" : "s")}";
}
