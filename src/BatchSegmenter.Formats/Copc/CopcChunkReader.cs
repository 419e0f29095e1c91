using System.Buffers.Binary;
using BatchSegmenter.Formats.Laz;

namespace BatchSegmenter.Formats.Copc;

/// <summary>Decodes the chunk of one node after another.</summary>
internal sealed class CopcChunkReader(Stream stream, string path, LazVlr vlr)
{
    private readonly LayeredChunkDecoder _decoder = new(vlr);
    private byte[] _bytes = [];
    private CopcNode? _node;
    private bool _started;
    private PointAttributes _wanted;

    /// <summary>Points of the chunk not yet decoded.</summary>
    public int Remaining { get; private set; }

    /// <summary>Fetches the chunk of a node.</summary>
    public void Start(CopcNode node, PointAttributes wanted)
    {
        _node = node;
        _wanted = wanted;
        if (_bytes.Length < node.Length) _bytes = new byte[node.Length];
        stream.Position = node.Offset;
        int found = stream.ReadAtLeast(_bytes.AsSpan(0, node.Length), node.Length, throwOnEndOfStream: false);
        if (found < node.Length) throw Invalid("the file ends within it");
        if (_decoder.HeaderProblem(_bytes, node.Length) is { } problem) throw Invalid(problem);
        uint points = BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(_decoder.RecordLength));
        if (points != node.Points) throw Invalid($"its own header says {points} points");
        Remaining = node.Points;
        _started = false;
    }

    /// <summary>Decodes the next records of the chunk.</summary>
    /// <returns>Records decoded: as many as there is room for and as remain.</returns>
    public int Decode(Span<byte> records, PointAttributes wanted)
    {
        int stride = _decoder.RecordLength, count = Math.Min(records.Length / stride, Remaining);
        if (count == 0) return 0;
        ChunkDecoder.Require(wanted, _wanted);
        records = records[..(count * stride)];
        if (!_started)
        {
            _decoder.Start(_bytes, 0, records[..stride], _wanted);
            _started = true;
            records = records[stride..];
        }

        _decoder.Decode(records);
        if (records.Length > 0 && _decoder.Problem() is { } problem) throw Invalid(problem);
        Remaining -= count;
        return count;
    }

    private InvalidPointCloudException Invalid(string problem) =>
        new(path, _node!.Offset, $"the chunk of {_node.Key} has {_node.Points} points in {_node.Length} bytes by the COPC hierarchy, but {problem}. The file is truncated or damaged.");
}
