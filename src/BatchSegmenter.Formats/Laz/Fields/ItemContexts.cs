namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// Follows the scanner channels for colours, wave packets and extra bytes. Up to version 3 of an item the first point after a
/// change to a channel that was met before still predicts from, and updates, the last value of the channel that was left.
/// </summary>
internal struct ItemContexts
{
    private LayerContexts _contexts;
    private bool _keepsLeft;

    /// <summary>The channel whose last value predicts the current point.</summary>
    public int ValueContext { get; private set; }

    /// <summary>The channel whose models decode the current point.</summary>
    public readonly int Current => _contexts.Current;

    /// <summary>Starts a chunk.</summary>
    public void Start(int context, int version)
    {
        _contexts.Start(context);
        _keepsLeft = version <= 3;
        ValueContext = context;
    }

    /// <summary>Goes to the context of the next point.</summary>
    /// <returns>The channel that was left if the new one is met for the first time and must be begun, else -1.</returns>
    public int Enter(int context)
    {
        int left = _contexts.Current;
        ValueContext = context;
        if (context == left) return -1;
        if (_contexts.Enter(context)) return left;
        if (_keepsLeft) ValueContext = left;
        return -1;
    }
}
