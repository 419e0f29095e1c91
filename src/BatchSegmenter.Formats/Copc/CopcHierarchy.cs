using System.Buffers.Binary;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Formats.Copc;

/// <summary>A node that a query needs.</summary>
/// <param name="Key">Which node.</param>
/// <param name="Offset">Byte offset of its chunk.</param>
/// <param name="Length">Bytes of its chunk.</param>
/// <param name="Points">Points of its chunk.</param>
/// <param name="Cube">Where its points should lie.</param>
/// <param name="IsWithin">Whether the query's box holds all of it, so that no point needs a look.</param>
internal sealed record CopcNode(CopcKey Key, long Offset, int Length, int Points, CopcQuery Cube, bool IsWithin);

/// <summary>
/// The tree of hierarchy pages. A page lists nodes, with their chunks, and further pages, each for what lies below one node; only
/// those that a query needs are read.
/// </summary>
internal sealed class CopcHierarchy
{
    private const int EntryLength = 32;
    private const int MaxPageLength = 256 << 20;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly LasHeader _las;
    private readonly CopcOctree _octree;
    private readonly CopcQuery _query;
    private readonly int _lastLevel;
    private readonly bool _areCubesBelieved;
    private readonly List<CopcNode> _nodes = [];
    private readonly HashSet<CopcKey> _keys = [];
    private readonly Stack<(ulong Offset, ulong Length)> _pages = [];
    private long _read;

    private CopcHierarchy(Stream stream, string path, LasHeader las, CopcOctree octree, CopcQuery query, bool areCubesBelieved)
    {
        _areCubesBelieved = areCubesBelieved;
        _stream = stream;
        _path = path;
        _las = las;
        _octree = octree;
        _query = query;
        _lastLevel = octree.LastLevel(query);
    }

    /// <summary>The nodes that a query needs, in file order.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="path">The name that messages give.</param>
    /// <param name="las">Its header.</param>
    /// <param name="octree">Its octree.</param>
    /// <param name="query">What is asked for.</param>
    /// <param name="areCubesBelieved">Whether points lie in their node's cube; where not, every node of the levels asked for is needed.</param>
    /// <exception cref="InvalidPointCloudException">The hierarchy contradicts itself or the file.</exception>
    public static List<CopcNode> Find(Stream stream, string path, LasHeader las, CopcOctree octree, CopcQuery query, bool areCubesBelieved)
    {
        CopcHierarchy hierarchy = new(stream, path, las, octree, query, areCubesBelieved);
        hierarchy._pages.Push((octree.RootOffset, octree.RootLength));
        while (hierarchy._pages.TryPop(out (ulong Offset, ulong Length) page)) hierarchy.ReadPage(page.Offset, page.Length);
        hierarchy._nodes.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        hierarchy.CheckNodes();
        return hierarchy._nodes;
    }

    private void ReadPage(ulong offset, ulong length)
    {
        if (length % EntryLength != 0 || length > (ulong)_stream.Length || offset > (ulong)_stream.Length - length)
            throw Invalid(null, $"a page of {length} bytes at byte {offset} in a file of {_stream.Length}; whole entries of {EntryLength} bytes were expected");

        // Pages do not overlap, so together they are shorter than the file. Cycles end here.
        _read += (long)length;
        if (_read > _stream.Length) throw Invalid((long)offset, "the pages are longer than the file. They overlap or run in a circle");
        if (length > MaxPageLength) throw new UnsupportedPointCloudException(_path, (long)offset, $"a hierarchy page of {length} bytes; at most {MaxPageLength} are read.");
        byte[] page = new byte[length];
        _stream.Position = (long)offset;
        _stream.ReadExactly(page);
        for (int at = 0; at < page.Length; at += EntryLength) ReadEntry(page.AsSpan(at, EntryLength), (long)offset + at);
    }

    private void ReadEntry(ReadOnlySpan<byte> entry, long at)
    {
        CopcKey key = new(Int32(entry, 0), Int32(entry, 4), Int32(entry, 8), Int32(entry, 12));
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]);
        int length = Int32(entry, 24), points = Int32(entry, 28);
        if (!key.IsValid) throw Invalid(at, $"an entry for {key}, a node that no octree has");
        if (points < -1 || length < 0) throw Invalid(at, $"{key} has {points} points in {length} bytes");
        if (points == 0 || key.Level > _lastLevel) return;
        CopcQuery cube = _octree.Cube(key, _las.Scale);

        // Where a root page has but one node beside the root, writers put there what the root does not take, whatever its cube.
        bool isBelieved = _areCubesBelieved && !(_octree.RootLength == 2 * EntryLength && points > 0);
        if (isBelieved && !_query.Meets(cube.Min, cube.Max)) return;
        if (points < 0)
        {
            _pages.Push((offset, (ulong)length));
            return;
        }

        if (offset < _las.PointDataOffset || length > _stream.Length || offset > (ulong)(_stream.Length - length))
            throw Invalid(at, $"the chunk of {key} has {length} bytes at byte {offset}; point data lies from {_las.PointDataOffset} on in the file of {_stream.Length} bytes");
        if (!_keys.Add(key)) throw Invalid(at, $"{key} is listed twice");
        bool isWithin = !_query.HasBox || (isBelieved && _query.Contains(cube.Min) && _query.Contains(cube.Max));
        _nodes.Add(new CopcNode(key, (long)offset, length, points, cube, isWithin));
    }

    private void CheckNodes()
    {
        long points = _nodes.Sum(node => (long)node.Points), promised = (long)_las.PointCount;
        if (points > promised || (_query.IsEverything && points < promised))
            throw Invalid(null, $"the nodes have {points} points; the header promises {promised}");
        for (int i = 1; i < _nodes.Count; i++)
            if (_nodes[i].Offset < _nodes[i - 1].Offset + _nodes[i - 1].Length)
                throw Invalid(_nodes[i].Offset, $"the chunks of {_nodes[i - 1].Key} and {_nodes[i].Key} overlap");
    }

    private InvalidPointCloudException Invalid(long? offset, string problem) =>
        new(_path, offset, $"in the COPC hierarchy: {problem}. It is damaged; read whole, as LAZ, the file needs none.");

    private static int Int32(ReadOnlySpan<byte> entry, int offset) => BinaryPrimitives.ReadInt32LittleEndian(entry[offset..]);
}
