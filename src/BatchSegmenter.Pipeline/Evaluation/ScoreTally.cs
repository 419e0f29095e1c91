using BatchSegmenter.Pipeline.Labels;
using System.Runtime.InteropServices;

namespace BatchSegmenter.Pipeline.Evaluation;

/// <summary>Counts from which every figure of the report follows; counts of files add up to the counts of all.</summary>
internal sealed class ScoreTally
{
    private const int Codes = 256;
    private readonly long[] _confusion = new long[Codes * Codes];
    private readonly long[] _ignored = new long[Codes];
    private readonly AccuracyBins _confidence = AccuracyBins.Confidence();
    private readonly AccuracyBins _height = AccuracyBins.Height();
    private readonly AccuracyBins _density = AccuracyBins.Density();
    private readonly Dictionary<int, ErrorTally> _errors = [];

    /// <summary>Counts every point of a pair of clouds of the same length.</summary>
    /// <param name="file">The name that examples carry.</param>
    /// <param name="predicted">What was predicted.</param>
    /// <param name="truth">What is true; if it has positions, heights and densities are taken from them.</param>
    /// <param name="map">A table of 256 codes, applied to both sides.</param>
    /// <param name="ignore">Codes whose truth points are left out.</param>
    public void Add(string file, LabelledCloud predicted, LabelledCloud truth, ReadOnlySpan<byte> map, IReadOnlyCollection<byte> ignore)
    {
        bool[] ignored = new bool[Codes];
        foreach (byte code in ignore) ignored[code] = true;
        LabelledCloud place = truth.X is not null && truth.Y is not null && truth.Z is not null ? truth : predicted;
        bool placed = place.X is not null && place.Y is not null && place.Z is not null;
        GroundCells cells = new();
        int[] cellOf = placed ? new int[truth.Count] : [];
        for (int i = 0; i < cellOf.Length; i++)
            cellOf[i] = cells.Add(place.X![i] * place.HorizontalUnit, place.Y![i] * place.HorizontalUnit, place.Z![i] * place.VerticalUnit, map[truth.Codes[i]] == 2);

        for (int i = 0; i < truth.Count; i++)
        {
            byte actual = map[truth.Codes[i]], guess = map[predicted.Codes[i]];
            if (ignored[actual])
            {
                _ignored[actual]++;
                continue;
            }

            bool correct = actual == guess;
            _confusion[actual * Codes + guess]++;
            if (predicted.Confidence is { } confidence) _confidence.Add(confidence[i], correct);
            float height = float.NaN;
            if (placed)
            {
                height = (float)(place.Z![i] * place.VerticalUnit - cells.Ground(cellOf[i]));
                _height.Add(height, correct);
                _density.Add(cells.Density(cellOf[i]), correct);
            }

            if (!correct) Errors(actual * Codes + guess).Add(height, i, place, file);
        }
    }

    /// <summary>Adds the counts of another file.</summary>
    public void Add(ScoreTally other)
    {
        for (int i = 0; i < _confusion.Length; i++) _confusion[i] += other._confusion[i];
        for (int i = 0; i < Codes; i++) _ignored[i] += other._ignored[i];
        _confidence.Add(other._confidence);
        _height.Add(other._height);
        _density.Add(other._density);
        foreach ((int pair, ErrorTally errors) in other._errors) Errors(pair).Add(errors);
    }

    /// <summary>The figures. Shares of nothing are null.</summary>
    public Scores Score()
    {
        long[] truth = new long[Codes], predicted = new long[Codes];
        for (int row = 0; row < Codes; row++)
            for (int column = 0; column < Codes; column++)
            {
                truth[row] += _confusion[row * Codes + column];
                predicted[column] += _confusion[row * Codes + column];
            }

        int[] codes = [.. Enumerable.Range(0, Codes).Where(code => truth[code] > 0 || predicted[code] > 0)];
        ClassScore[] classes = [.. codes.Select(code =>
        {
            long correct = _confusion[code * Codes + code];
            return new ClassScore((byte)code, AsprsClassNames.Of((byte)code), truth[code], predicted[code], correct,
                truth[code] == 0 ? null : (double)correct / (truth[code] + predicted[code] - correct),
                Share(correct, predicted[code]), Share(correct, truth[code]));
        })];
        long counted = truth.Sum(), right = classes.Sum(score => score.Correct), ignored = _ignored.Sum();
        return new Scores
        {
            Points = counted + ignored,
            Counted = counted,
            OverallAccuracy = Share(right, counted),
            MeanIou = classes.Where(score => score.Iou is not null).Select(score => score.Iou).Average(),
            Classes = classes,
            Confusion = new ConfusionCounts([.. codes], [.. codes.Select(row => codes.Select(column => _confusion[row * Codes + column]).ToArray())]),
            Ignored = new IgnoredPoints(ignored, Share(ignored, counted + ignored) ?? 0,
                [.. Enumerable.Range(0, Codes).Where(code => _ignored[code] > 0).Select(code => new IgnoredClass((byte)code, AsprsClassNames.Of((byte)code), _ignored[code]))]),
            Confidence = _confidence.Scores(),
            Height = _height.Scores(),
            Density = _density.Scores(),
            Errors = [.. _errors.OrderByDescending(pair => pair.Value.Points).ThenBy(pair => pair.Key)
                .Select(pair => pair.Value.Score((byte)(pair.Key / Codes), (byte)(pair.Key % Codes), counted, counted - right))],
        };
    }

    private ErrorTally Errors(int pair) => CollectionsMarshal.GetValueRefOrAddDefault(_errors, pair, out _) ??= new ErrorTally();

    private static double? Share(long part, long whole) => whole == 0 ? null : (double)part / whole;
}
