using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using BatchSegmenter.Formats;

namespace BatchSegmenter.Pipeline.Blocks;

/// <summary>What is known of the signals of points, wherever they stand: intensities, returns and colour.</summary>
internal sealed class SignalTally
{
    private readonly long[] _histogram = new long[ushort.MaxValue + 1];
    private ushort _largestColor;

    /// <summary>Whether some pulse has more than one return.</summary>
    public bool HasReturns { get; private set; }

    /// <summary>Intensity ranks, or null where there is no intensity.</summary>
    public IntensityRank? Intensity => IntensityRank.From(_histogram);

    /// <inheritdoc cref="SurveySurface.LargestColor"/>
    public float LargestColor => _largestColor switch
    {
        0 => 0,
        <= byte.MaxValue => byte.MaxValue,
        _ => ushort.MaxValue,
    };

    /// <summary>Adds all points of columns.</summary>
    public void Add(PointColumns points)
    {
        for (int i = 0; i < points.Count; i++)
        {
            if (points.Intensity is not null) _histogram[points.Intensity[i]]++;
            if (points.NumberOfReturns is not null) HasReturns |= points.NumberOfReturns[i] > 1;
        }

        foreach (ushort[]? channel in (ReadOnlySpan<ushort[]?>)[points.Red, points.Green, points.Blue])
            if (channel is not null && points.Count > 0) _largestColor = Math.Max(_largestColor, TensorPrimitives.Max<ushort>(channel.AsSpan(0, points.Count)));
    }

    /// <summary>Adds one point.</summary>
    public void Add(PointColumns points, int i)
    {
        if (points.Intensity is not null) _histogram[points.Intensity[i]]++;
        if (points.NumberOfReturns is not null) HasReturns |= points.NumberOfReturns[i] > 1;
        if (points.Red is not null) _largestColor = Math.Max(_largestColor, Math.Max(points.Red[i], Math.Max(points.Green![i], points.Blue![i])));
    }

    /// <summary>Adds what another has counted.</summary>
    public void Add(SignalTally other)
    {
        TensorPrimitives.Add<long>(_histogram, other._histogram, _histogram);
        HasReturns |= other.HasReturns;
        _largestColor = Math.Max(_largestColor, other._largestColor);
    }

    /// <summary>Gives itself away as bytes, in the machine's own order.</summary>
    public void Save(Action<ReadOnlySpan<byte>> write)
    {
        write(MemoryMarshal.AsBytes(_histogram.AsSpan()));
        write([(byte)(HasReturns ? 1 : 0), (byte)_largestColor, (byte)(_largestColor >> 8)]);
    }

    /// <summary>What was saved.</summary>
    /// <param name="read">Fills a span with the next bytes.</param>
    public static SignalTally Load(Action<Span<byte>> read)
    {
        SignalTally tally = new();
        read(MemoryMarshal.AsBytes(tally._histogram.AsSpan()));
        Span<byte> rest = stackalloc byte[3];
        read(rest);
        (tally.HasReturns, tally._largestColor) = (rest[0] != 0, (ushort)(rest[1] | rest[2] << 8));
        return tally;
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(_histogram);
        (HasReturns, _largestColor) = (false, 0);
    }
}
