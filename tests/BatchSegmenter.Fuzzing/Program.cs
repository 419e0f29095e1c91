using System.Buffers.Binary;
using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Copc;
using BatchSegmenter.Formats.Las;
using SharpFuzz;

// Reads whatever the fuzzer makes up, as a run would. Only the three exceptions of the ladder are an answer; anything else is a crash.
// With files as arguments reads those instead, to look at a crash again.
const int MostPoints = 1 << 20;
const int PointsAtOnce = 4096;
const int FixedHeader = 227, MaxX = 179, MinX = 187;

if (args.Length == 0) Fuzzer.OutOfProcess.Run(stream =>
{
    using MemoryStream copy = new();
    stream.CopyTo(copy);
    ReadEveryWay(copy.ToArray(), "fuzz");
});
else
    foreach (string path in args)
        ReadEveryWay(File.ReadAllBytes(path), path);

static void ReadEveryWay(byte[] file, string path)
{
    Read(file, path, new PointReadOptions());
    Read(file, path, new PointReadOptions { CorruptChunks = CorruptChunks.Skip });
    if (file.AsSpan().IndexOf("copc"u8) < 0) return;
    Query(file, path, CopcQuery.Everything);
    if (file.Length < FixedHeader) return;

    // The upper half along x.
    double max = BinaryPrimitives.ReadDoubleLittleEndian(file.AsSpan(MaxX)), min = BinaryPrimitives.ReadDoubleLittleEndian(file.AsSpan(MinX));
    Query(file, path, CopcQuery.Everything with { Min = ((min / 2) + (max / 2), double.MinValue, double.MinValue), MaxLevel = 2 });
}

static void Read(byte[] file, string path, PointReadOptions options)
{
    try
    {
        using PointCloudReader reader = PointCloudReader.Open(new MemoryStream(file, writable: false), path, options);
        ReadPoints(reader);
        if (reader is LasReader las) _ = las.ExtraBytes.Count + las.Vlrs.Count + las.Evlrs.Count;
    }
    catch (PointCloudException)
    {
        // Refused, and told why.
    }
}

static void Query(byte[] file, string path, CopcQuery query)
{
    try
    {
        using CopcReader reader = CopcReader.Open(new MemoryStream(file, writable: false), path, query);
        ReadPoints(reader);
    }
    catch (PointCloudException)
    {
        // Likewise.
    }
}

static void ReadPoints(PointCloudReader reader)
{
    PointColumns columns = new(PointsAtOnce, PointAttributes.All);
    for (long points = 0, count; points < MostPoints && (count = reader.Read(columns, PointsAtOnce)) > 0; points += count) columns.Count = 0;
}
