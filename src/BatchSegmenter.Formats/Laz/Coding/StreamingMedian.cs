namespace BatchSegmenter.Formats.Laz.Coding;

/// <summary>
/// Follows the median of a stream of values: five values in order, of which by turns an upper or a lower one is dropped for
/// each value that comes in. Starts at five zeros.
/// </summary>
internal struct StreamingMedian
{
    private int _v0;
    private int _v1;
    private int _v2;
    private int _v3;
    private int _v4;

    // The default state drops from above, as the format wants.
    private bool _dropsLow;

    /// <summary>The middle of the five values.</summary>
    public readonly int Value => _v2;

    /// <summary>Takes in a value.</summary>
    public void Add(int value)
    {
        if (!_dropsLow)
        {
            if (value < _v2)
            {
                _v4 = _v3;
                _v3 = _v2;
                if (value < _v0)
                {
                    _v2 = _v1;
                    _v1 = _v0;
                    _v0 = value;
                }
                else if (value < _v1)
                {
                    _v2 = _v1;
                    _v1 = value;
                }
                else _v2 = value;

                return;
            }

            if (value < _v3)
            {
                _v4 = _v3;
                _v3 = value;
            }
            else _v4 = value;

            _dropsLow = true;
            return;
        }

        if (value > _v2)
        {
            _v0 = _v1;
            _v1 = _v2;
            if (value > _v4)
            {
                _v2 = _v3;
                _v3 = _v4;
                _v4 = value;
            }
            else if (value > _v3)
            {
                _v2 = _v3;
                _v3 = value;
            }
            else _v2 = value;

            return;
        }

        if (value > _v1)
        {
            _v0 = _v1;
            _v1 = value;
        }
        else _v0 = value;

        _dropsLow = false;
    }
}
