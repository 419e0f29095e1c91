namespace BatchSegmenter.Formats.Laz.Fields;

/// <summary>
/// Which of the four scanner channels a layer is in. Each channel has its own models and its own last value; one that a chunk
/// meets for the first time starts from the value of the channel that was left.
/// </summary>
internal struct LayerContexts
{
    private uint _met;

    /// <summary>The channel of the last point.</summary>
    public int Current { get; private set; }

    /// <summary>Starts a chunk in the channel of its first point.</summary>
    public void Start(int channel)
    {
        Current = channel;
        _met = 1u << channel;
    }

    /// <summary>Goes to another channel.</summary>
    /// <returns>Whether the chunk meets it for the first time.</returns>
    public bool Enter(int channel)
    {
        Current = channel;
        bool first = (_met & (1u << channel)) == 0;
        _met |= 1u << channel;
        return first;
    }
}
