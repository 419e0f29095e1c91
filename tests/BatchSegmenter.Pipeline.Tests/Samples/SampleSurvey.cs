using BatchSegmenter.Formats;
using BatchSegmenter.Formats.Las;

namespace BatchSegmenter.Pipeline.Tests.Samples;

/// <summary>A small made-up survey: a gently sloping plane of 50 m with one house, 6 m high, and five trees of two returns.</summary>
internal static class SampleSurvey
{
    public const double Edge = 50;
    public const double Slope = 0.02;
    public const double Roof = 6;
    public const PointAttributes Attributes = PointAttributes.Intensity | PointAttributes.ReturnNumber | PointAttributes.NumberOfReturns
        | PointAttributes.Classification | PointAttributes.ClassificationFlags | PointAttributes.GpsTime;

    private static readonly (double X, double Y)[] Trees = [(35, 10), (40, 20), (33, 38), (8, 40), (20, 42)];

    /// <summary>Points with south-west corner (<paramref name="x"/>, <paramref name="y"/>), in metres; the same for the same arguments.</summary>
    public static PointColumns Points(int count = 3000, int seed = 1, double x = 500_100, double y = 4_000_200)
    {
        Random random = new(seed);
        PointColumns points = new(count, Attributes);
        for (int pulse = 0; points.Count < count; pulse++)
        {
            (double east, double north) = (Edge * random.NextDouble(), Edge * random.NextDouble());
            double ground = 100 + Slope * east + 0.02 * random.NextDouble();
            double crown = Crown(east, north);
            bool house = IsHouse(east, north);
            if (crown > 0 && points.Count + 2 <= count)
            {
                Add(ground + crown * (0.6 + 0.4 * random.NextDouble()), 1, 2, 5, 300);
                Add(ground + crown * 0.5 * random.NextDouble(), 2, 2, 5, 200);
            }
            else Add(house ? ground + Roof : ground, 1, 1, (byte)(house ? 6 : 2), house ? 900 : 600);

            void Add(double height, byte number, byte returns, byte code, int intensity)
            {
                int i = points.Count++;
                (points.X[i], points.Y[i], points.Z[i]) = (x + east, y + north, height);
                points.Intensity![i] = (ushort)(intensity + random.Next(200));
                (points.ReturnNumber![i], points.NumberOfReturns![i]) = (number, returns);
                points.Classification![i] = code;
                points.GpsTime![i] = 1000 + pulse;
            }
        }

        return points;
    }

    public static bool IsHouse(double east, double north) => east is >= 10 and <= 22 && north is >= 15 and <= 27;

    /// <summary>Writes LAS 1.4, point format 6, UTM, unless options say otherwise.</summary>
    public static string Write(string path, PointColumns points, LasWriterOptions? options = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using LasWriter writer = new(File.Create(path), options ?? new LasWriterOptions { Epsg = 32631, Offset = (500_000, 4_000_000, 0) });
        writer.Write(points);
        return path;
    }

    private static double Crown(double east, double north)
    {
        foreach ((double x, double y) in Trees)
        {
            double squared = (east - x) * (east - x) + (north - y) * (north - y);
            if (squared < 9) return 8 - 0.4 * squared;
        }

        return 0;
    }
}
