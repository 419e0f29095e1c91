using System.Buffers.Binary;
using System.Text;
using BatchSegmenter.Formats.Copc;
using BatchSegmenter.Formats.Las;
using BatchSegmenter.Tests;

namespace BatchSegmenter.Formats.Tests.Copc;

public class CopcReaderTests
{
    private const string Deep = "formats/copc/pdal-1.2-with-color.copc.laz";

    [SkippableFact]
    public void Everything_is_the_same_records_as_the_LAZ()
    {
        int files = 0;
        foreach (string path in Files())
        {
            using LasReader laz = new(path);
            using CopcReader copc = CopcReader.Open(path);
            Assert.Equal(laz.Header.PointCount, copc.Header.PointCount);
            Assert.Equal(laz.Header.Crs, copc.Header.Crs);
            Assert.Equal(laz.Header.Min, copc.Header.Min);
            Assert.Equal(HashesOf(laz.ReadRecords, laz.Las), HashesOf(copc.ReadRecords, copc.Las));
            Assert.Equal(0, copc.Remaining);
            files++;
        }

        Assert.True(files >= 15);
    }

    [SkippableFact]
    public void A_box_gives_the_points_within_it_and_no_others()
    {
        foreach (string path in Files())
        {
            PointColumns all = ReadAll(new LasReader(path));
            Random random = new(7);
            for (int round = 0; round < 3; round++)
            {
                // Corners on points, so that faces are met exactly; 2D and 3D in turn.
                int a = random.Next(all.Count), b = random.Next(all.Count);
                double[] low = [Math.Min(all.X[a], all.X[b]), Math.Min(all.Y[a], all.Y[b]), Math.Min(all.Z[a], all.Z[b])];
                double[] high = [Math.Max(all.X[a], all.X[b]), Math.Max(all.Y[a], all.Y[b]), Math.Max(all.Z[a], all.Z[b])];
                int axes = round == 0 ? 2 : 3;
                CopcQuery query = CopcQuery.Everything.Within([.. low[..axes], .. high[..axes]]);
                using CopcReader reader = CopcReader.Open(path, query);
                long promised = reader.Header.PointCount;
                PointColumns found = ReadAll(reader);
                int expected = Enumerable.Range(0, all.Count).Count(i =>
                    all.X[i] >= low[0] && all.X[i] <= high[0] && all.Y[i] >= low[1] && all.Y[i] <= high[1] && (axes == 2 || (all.Z[i] >= low[2] && all.Z[i] <= high[2])));
                Assert.Equal(expected, found.Count);
                Assert.Equal(promised, found.Count);
                Assert.DoesNotContain(found.X.Take(found.Count), x => x < low[0] || x > high[0]);
            }
        }
    }

    [SkippableFact]
    public void Levels_and_resolutions_give_the_coarse_nodes()
    {
        string path = SharedFiles.Require(Deep);
        Assert.Equal([24, 24 + 66, 24 + 66 + 197, 1065, 1065], new[] { 0, 1, 2, 3, 9 }.Select(level => Count(new CopcQuery { MaxLevel = level })));

        // The spacing is 36.2 units and halves with each level.
        Assert.Equal([24, 90, 287, 1065], new[] { 40.0, 20, 10, 1 }.Select(resolution => Count(new CopcQuery { Resolution = resolution })));

        int Count(CopcQuery query)
        {
            using CopcReader reader = CopcReader.Open(path, query);
            Assert.Equal("copc", reader.Header.Format);
            return ReadAll(reader).Count;
        }
    }

    [SkippableFact]
    public void A_small_query_fetches_a_small_part_of_the_file()
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Require(Deep));
        CountingStream counted = new(file);
        using CopcReader coarse = CopcReader.Open(counted, "f", new CopcQuery { MaxLevel = 0 });
        Assert.Equal(24, ReadAll(coarse).Count);
        Assert.True(counted.BytesRead < file.Length / 4, $"{counted.BytesRead} of {file.Length} bytes");

        file = File.ReadAllBytes(SharedFiles.Require("formats/copc/silvimetric-2-test_data.copc.laz"));
        counted = new CountingStream(file);
        using CopcReader level = CopcReader.Open(counted, "f", new CopcQuery { MaxLevel = 0 });
        Assert.Equal(22200, ReadAll(level).Count);
        Assert.True(counted.BytesRead < file.Length / 2, $"{counted.BytesRead} of {file.Length} bytes");

        counted = new CountingStream(file);
        using CopcReader nothing = CopcReader.Open(counted, "f", CopcQuery.Everything.Within(-20, -20, -10, -10));
        Assert.Equal(0, nothing.Header.PointCount);
        Assert.Equal(0, ReadAll(nothing).Count);
        Assert.True(counted.BytesRead < 5000, $"{counted.BytesRead} bytes");
    }

    [SkippableFact]
    public void Pages_below_the_root_are_read_where_they_are_needed()
    {
        byte[] file = WithSubPage(File.ReadAllBytes(SharedFiles.Require(Deep)), out int page);
        using CopcReader whole = CopcReader.Open(new MemoryStream(file), "f");
        Assert.Equal(1065, ReadAll(whole).Count);
        CountingStream counted = new(file);
        using CopcReader coarse = CopcReader.Open(counted, "f", new CopcQuery { MaxLevel = 0 });
        Assert.Equal(24, coarse.Header.PointCount);
        Assert.DoesNotContain(counted.Reads, read => read.Offset == page);
    }

    [SkippableFact]
    public void Points_outside_of_their_nodes_cubes_are_found_all_the_same()
    {
        // With every node but the root moved to the place of another, the cubes say nothing of where points are.
        byte[] file = File.ReadAllBytes(SharedFiles.Require(Deep));
        int root = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(375 + 54 + 40)), length = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(375 + 54 + 48));
        CopcQuery query = CopcQuery.Everything.Within(636000, 849000, 638000, 851000);
        using CopcReader sound = CopcReader.Open(new MemoryStream(file), "f", query);
        for (int at = root; at < root + length; at += 32)
        {
            int level = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)), x = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4));
            if (level > 0) BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at + 4), (1 << level) - 1 - x);
        }

        using CopcReader reader = CopcReader.Open(new MemoryStream(file), "f", query);
        Assert.InRange(sound.Header.PointCount, 1, 1064);
        Assert.Empty(sound.Header.Remarks);
        Assert.Equal(sound.Header.PointCount, reader.Header.PointCount);
        Assert.Contains("outside of the cubes", Assert.Single(reader.Header.Remarks), StringComparison.Ordinal);
        Assert.Equal(ReadAll(sound).X.Order(), ReadAll(reader).X.Order());
    }

    [SkippableFact]
    public void Malformed_hierarchies_end_in_the_ladder()
    {
        byte[] file = WithSubPage(File.ReadAllBytes(SharedFiles.Require(Deep)), out int page);
        int root = (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(375 + 54 + 40));

        // The sub-page lists itself again.
        Refuse(bytes =>
        {
            bytes.AsSpan(root, 16).CopyTo(bytes.AsSpan(page));
            BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(page + 16), page);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(page + 24), 32);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(root + 56), 32);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(page + 28), -1);
        }, "circle");
        Refuse(bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(375 + 54 + 40), long.MaxValue), "page of");
        Refuse(bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(375 + 54 + 48), 33), "whole entries");
        Refuse(bytes => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(page + 16), bytes.Length - 1), "point data lies");
        Refuse(bytes => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(page + 24), int.MaxValue), "point data lies");
        Refuse(bytes => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(page + 28), int.MaxValue), "header promises");
        Refuse(bytes => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(page + 4), -3), "no octree");
        Refuse(bytes => bytes.AsSpan(page, 32).CopyTo(bytes.AsSpan(page + 32)), "listed twice");
        Refuse(bytes => bytes.AsSpan(page + 16, 12).CopyTo(bytes.AsSpan(page + 48)), "overlap");
        Refuse(bytes =>
        {
            int points = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(page + 28)), more = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(page + 60));
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(page + 28), points - 1);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(page + 60), more + 1);
        }, "its own header says");

        void Refuse(Action<byte[]> damage, string problem)
        {
            byte[] damaged = [.. file];
            damage(damaged);
            Assert.Contains(problem, Assert.Throws<InvalidPointCloudException>(() => ReadAll(CopcReader.Open(new MemoryStream(damaged), "f"))).Problem);
        }
    }

    [SkippableFact]
    public void Damage_anywhere_ends_in_the_ladder()
    {
        byte[] file = File.ReadAllBytes(SharedFiles.Require(Deep));
        Random random = new(11);
        for (int round = 0; round < 300; round++)
        {
            byte[] damaged = [.. file];
            int start = round % 3 == 0 ? 375 : round % 3 == 1 ? 31604 : 1500;
            for (int i = 0; i < 3; i++) damaged[random.Next(start, start == 375 ? 700 : damaged.Length)] = (byte)random.Next(256);
            if (round % 10 == 0) Array.Resize(ref damaged, random.Next(damaged.Length));
            try
            {
                CopcQuery query = round % 2 == 0 ? CopcQuery.Everything : CopcQuery.Everything.Within(636000, 849000, 638000, 851000);
                Assert.True(ReadAll(CopcReader.Open(new MemoryStream(damaged), "f", query)).Count <= 1065);
            }
            catch (PointCloudException)
            {
            }
        }
    }

    [SkippableFact]
    public void A_LAZ_file_without_an_octree_is_not_supported() =>
        Assert.Contains("no COPC record", Assert.Throws<UnsupportedPointCloudException>(() => CopcReader.Open(SharedFiles.Require("formats/copc/copc.js-ellipsoid-1.4.laz"))).Problem);

    [Fact]
    public void Boxes_need_four_or_six_ordered_numbers()
    {
        Assert.Throws<ArgumentException>(() => CopcQuery.Everything.Within(1, 2, 3));
        Assert.Throws<ArgumentException>(() => CopcQuery.Everything.Within(1, 2, 0, 3));
        Assert.Throws<ArgumentException>(() => CopcQuery.Everything.Within(1, double.NaN, 2, 3));
        Assert.Equal((1, 2, 3), CopcQuery.Everything.Within(1, 2, 3, 4, 5, 6).Min);
    }

    private static IEnumerable<string> Files() => Directory.EnumerateFiles(SharedFiles.Require("formats/copc")).Order()
        .Where(path => { using LasReader laz = new(path); return laz.Vlrs.Any(vlr => vlr.UserId == "copc"); });

    private static PointColumns ReadAll(PointCloudReader reader)
    {
        using (reader)
        {
            PointColumns columns = new(0, PointAttributes.Intensity | PointAttributes.GpsTime);
            for (int count; (count = reader.Read(columns, 1000)) > 0;) Assert.Equal(columns.Count - count, reader.FirstIndex);
            return columns;
        }
    }

    private delegate int RecordSource(Span<byte> records);

    /// <summary>Every record as text, sorted.</summary>
    private static List<string> HashesOf(RecordSource source, LasHeader las)
    {
        List<string> records = [];
        byte[] run = new byte[1000 * las.RecordLength];
        for (int count; (count = source(run)) > 0;)
            for (int i = 0; i < count; i++) records.Add(Encoding.Latin1.GetString(run, i * las.RecordLength, las.RecordLength));
        records.Sort(string.CompareOrdinal);
        return records;
    }

    /// <summary>Moves the root page's entries but the first into a page of their own at the end of the file, reached by a node of level 1.</summary>
    private static byte[] WithSubPage(byte[] file, out int page)
    {
        Span<byte> octree = file.AsSpan(375 + 54);
        int root = (int)BinaryPrimitives.ReadInt64LittleEndian(octree[40..]), length = (int)BinaryPrimitives.ReadInt64LittleEndian(octree[48..]);
        byte[] entries = file.AsSpan(root, length).ToArray();
        int first = 0;
        while (BinaryPrimitives.ReadInt32LittleEndian(entries.AsSpan(first)) != 0) first += 32;
        page = file.Length + 64;
        byte[] newRoot = new byte[64];
        entries.AsSpan(first, 32).CopyTo(newRoot);
        BinaryPrimitives.WriteInt32LittleEndian(newRoot.AsSpan(32), 1);
        BinaryPrimitives.WriteInt64LittleEndian(newRoot.AsSpan(48), page);
        BinaryPrimitives.WriteInt32LittleEndian(newRoot.AsSpan(56), length - 32);
        BinaryPrimitives.WriteInt32LittleEndian(newRoot.AsSpan(60), -1);
        BinaryPrimitives.WriteInt64LittleEndian(octree[40..], file.Length);
        BinaryPrimitives.WriteInt64LittleEndian(octree[48..], 64);
        return [.. file, .. newRoot, .. entries[..first], .. entries[(first + 32)..]];
    }

    /// <summary>A file that counts what is fetched of it.</summary>
    private sealed class CountingStream(byte[] bytes) : MemoryStream(bytes)
    {
        public long BytesRead { get; private set; }

        public List<(long Offset, int Length)> Reads { get; } = [];

        // Where a class derived from it has this method, MemoryStream reads spans through it too.
        public override int Read(byte[] buffer, int offset, int count)
        {
            Reads.Add((Position, count));
            int read = base.Read(buffer, offset, count);
            BytesRead += read;
            return read;
        }
    }
}
