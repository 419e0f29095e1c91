using System.Buffers.Binary;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Formats.Copc;

/// <summary>A node of the octree: its level, and its place among the 2^level cubes along each axis.</summary>
internal readonly record struct CopcKey(int Level, int X, int Y, int Z)
{
    private const int MaxLevel = 30;

    public bool IsValid => Level is >= 0 and <= MaxLevel && IsPlace(X) && IsPlace(Y) && IsPlace(Z);

    private bool IsPlace(int place) => place >= 0 && place < 1 << Level;
}

/// <summary>The file's cube and where its hierarchy lies: the record «copc» 1.</summary>
/// <param name="Center">Centre of the cube.</param>
/// <param name="HalfSize">Half an edge of it.</param>
/// <param name="Spacing">Distance between the points of level 0; each further level halves it.</param>
/// <param name="RootOffset">Byte offset of the root page of the hierarchy.</param>
/// <param name="RootLength">Bytes of that page.</param>
internal sealed record CopcOctree((double X, double Y, double Z) Center, double HalfSize, double Spacing, ulong RootOffset, ulong RootLength)
{
    public const string UserId = "copc";
    public const int RecordId = 1;
    private const int Length = 160;

    public static CopcOctree Parse(LasVlr record, string path)
    {
        ReadOnlySpan<byte> payload = record.Payload.Span;
        if (payload.Length < Length)
            throw new InvalidPointCloudException(path, record.PayloadOffset, $"the COPC record has {payload.Length} bytes; {Length} were expected.");
        CopcOctree octree = new(
            (Double(payload, 0), Double(payload, 8), Double(payload, 16)), Double(payload, 24), Double(payload, 32),
            BinaryPrimitives.ReadUInt64LittleEndian(payload[40..]), BinaryPrimitives.ReadUInt64LittleEndian(payload[48..]));
        if (!double.IsFinite(octree.Center.X + octree.Center.Y + octree.Center.Z + octree.HalfSize + octree.Spacing) || octree.HalfSize < 0 || octree.Spacing < 0)
            throw new InvalidPointCloudException(
                path, record.PayloadOffset, $"the COPC record has the cube {octree.Center} ± {octree.HalfSize} and the spacing {octree.Spacing}; finite numbers were expected.");
        return octree;
    }

    /// <summary>The cube of a node, larger by a step of the coordinates on each side: points are rounded to it, so that one may lie as far outside.</summary>
    public CopcQuery Cube(CopcKey key, (double X, double Y, double Z) step)
    {
        double edge = 2 * HalfSize / (1L << key.Level);
        (double X, double Y, double Z) min =
            (Center.X - HalfSize + key.X * edge, Center.Y - HalfSize + key.Y * edge, Center.Z - HalfSize + key.Z * edge);
        return new CopcQuery
        {
            Min = (min.X - Math.Abs(step.X), min.Y - Math.Abs(step.Y), min.Z - Math.Abs(step.Z)),
            Max = (min.X + edge + Math.Abs(step.X), min.Y + edge + Math.Abs(step.Y), min.Z + edge + Math.Abs(step.Z)),
        };
    }

    /// <summary>The last level that a query needs.</summary>
    public int LastLevel(CopcQuery query)
    {
        int level = 0;
        if (!(query.Resolution > 0)) return query.MaxLevel;
        for (double spacing = Spacing; spacing > query.Resolution && level < query.MaxLevel && level < 64; spacing /= 2) level++;
        return level;
    }

    private static double Double(ReadOnlySpan<byte> payload, int offset) => BinaryPrimitives.ReadDoubleLittleEndian(payload[offset..]);
}
