namespace BatchSegmenter.Formats.Pcd;

/// <summary>
/// Decodes LZF. A control byte below 32 stands before that many literals and one more; any other holds the length (upper 3 bits, less 2; 7 is
/// continued in the next byte) and the upper 5 bits of the distance (less 1) of a copy, whose lower 8 bits follow.
/// </summary>
internal sealed class LzfDecoder(Stream stream, string path)
{
    /// <summary>The most bytes that one byte can stand for: a copy of 264 bytes takes 3.</summary>
    public const int MaxExpansion = 88;

    private const int MaxOperation = 33;

    private readonly byte[] _input = new byte[64 << 10];
    private int _next;
    private int _count;
    private long _offset; // file offset of _input[_count]
    private long _left; // compressed bytes that are not in _input yet

    /// <summary>Fills <paramref name="output"/> from the compressed bytes at <paramref name="start"/>.</summary>
    /// <exception cref="InvalidPointCloudException">They are damaged, or give more or less than the output has room for.</exception>
    public void Decode(long start, long length, Span<byte> output)
    {
        stream.Position = _offset = start;
        _left = length;
        _next = _count = 0;
        int at = 0;
        while (true)
        {
            if (_count - _next < MaxOperation) Fill();
            if (_next == _count) break;
            int control = _input[_next++];
            if (control < 32)
            {
                int literals = control + 1;
                if (literals > _count - _next) throw Fault("end within literals");
                if (literals > output.Length - at) throw Fault($"give more than the {output.Length} bytes stated");
                _input.AsSpan(_next, literals).CopyTo(output[at..]);
                _next += literals;
                at += literals;
                continue;
            }

            int copied = control >> 5;
            if (_count - _next < (copied == 7 ? 2 : 1)) throw Fault("end within a copy");
            if (copied == 7) copied += _input[_next++];
            copied += 2;
            int distance = (((control & 31) << 8) | _input[_next++]) + 1;
            if (distance > at) throw Fault($"copy from {distance} bytes back after {at} bytes");
            if (copied > output.Length - at) throw Fault($"give more than the {output.Length} bytes stated");
            if (distance >= copied) output.Slice(at - distance, copied).CopyTo(output[at..]);
            else
                for (int i = at; i < at + copied; i++) output[i] = output[i - distance]; // it overlaps itself: a repetition
            at += copied;
        }

        if (at != output.Length) throw Fault($"give {at} of the {output.Length} bytes stated");
    }

    private void Fill()
    {
        _input.AsSpan(_next, _count - _next).CopyTo(_input);
        _count -= _next;
        _next = 0;
        int wanted = (int)Math.Min(_left, _input.Length - _count);
        int read = stream.ReadAtLeast(_input.AsSpan(_count, wanted), wanted, throwOnEndOfStream: false);
        _offset += read;
        _count += read;
        _left = read < wanted ? 0 : _left - read;
    }

    private InvalidPointCloudException Fault(string problem) =>
        new(path, _offset - _count + _next, $"the compressed points {problem}. The file is damaged.");
}
