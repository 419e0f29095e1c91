using BatchSegmenter.Inference;
using BatchSegmenter.Pipeline.Blocks;

namespace BatchSegmenter.Pipeline.Runs;

/// <summary>
/// Which inputs of a run lie beside which, by the boxes of their headers. Depends on the inputs alone, not on their order nor on what is done already.
/// </summary>
public sealed class SurveyNeighbours
{
    /// <summary>Header boxes with stray points make a survey look sparse; no halo is wider for it than at this spacing, metres.</summary>
    private const double WidestSpacing = 4;

    private readonly Dictionary<string, InputFootprint> _footprints;
    private readonly InputFootprint[] _byLeft;
    private readonly double _widest;
    private readonly Dictionary<InputFootprint, double> _margins;
    private readonly HashSet<string> _withoutBox;
    private readonly TileOptions _tiles;
    private readonly InputDescription _model;

    private SurveyNeighbours(IReadOnlyCollection<InputFootprint> footprints, IEnumerable<string> withoutBox, TileOptions tiles, InputDescription model)
    {
        _footprints = footprints.ToDictionary(footprint => footprint.Input.RelativePath, StringComparer.Ordinal);
        _byLeft = [.. footprints.OrderBy(footprint => footprint.Box.Left)];
        _widest = footprints.Count == 0 ? 0 : footprints.Max(footprint => footprint.Box.Width);
        _withoutBox = [.. withoutBox];
        (_tiles, _model) = (tiles, model);
        _margins = footprints.ToDictionary(footprint => footprint, MarginOf);
    }

    /// <summary>Reads the headers of all inputs. One that cannot be read has no neighbours and is none; as an input it tells why itself.</summary>
    /// <param name="inputs">All inputs of the run, those of other shards too.</param>
    /// <param name="options">How inputs are read, and the size of tiles.</param>
    /// <param name="model">Block sizes, from which halos follow.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="Storage.StorageException">A store does not answer.</exception>
    public static async Task<SurveyNeighbours> FindAsync(
        IReadOnlyList<SegmentationInput> inputs, SegmentationOptions options, InputDescription model, CancellationToken cancellation = default)
    {
        InputHeader[] headers = await InputHeaders.ReadAsync(inputs, options.Reading, _ => true, cancellation).ConfigureAwait(false);
        List<InputFootprint> footprints = [];
        List<string> withoutBox = [];
        for (int i = 0; i < inputs.Count; i++)
        {
            if (headers[i].Header is not { PointCount: > 0 } header) continue;
            if (InputFootprint.Of(inputs[i], header) is { } footprint) footprints.Add(footprint);
            else withoutBox.Add(inputs[i].RelativePath);
        }

        return new SurveyNeighbours(footprints, withoutBox, options.Tiles, model);
    }

    /// <summary>What lies around an input.</summary>
    internal Surroundings Of(SegmentationInput input)
    {
        if (!_footprints.TryGetValue(input.RelativePath, out InputFootprint? own))
            return new Surroundings(0, [], 0, _withoutBox.Contains(input.RelativePath) ? "its header tells no bounds, so that it is labelled without points of its neighbours" : null);

        double margin = _margins[own];
        PlanBox reach = own.Box.Grown(margin);
        ILookup<bool, InputFootprint> around = Touching(reach).Where(other => other != own).ToLookup(own.SharesSystemWith);
        List<InputFootprint> near = [.. around[true]], foreign = [.. around[false]];

        near.Sort((a, b) => string.CompareOrdinal(a.Input.RelativePath, b.Input.RelativePath));
        double points = near.Sum(other => other.Points * other.Box.ShareWithin(reach));
        return new Surroundings(margin, [.. near.Select(other => other.Input)], (long)Math.Min(points, int.MaxValue), Warning(own, foreign)) { Reach = ReachOf(own) };
    }

    /// <summary>Where those that have an input as a neighbour may see its points.</summary>
    internal IReadOnlyList<PlanBox> ReachesOver(SegmentationInput input)
    {
        InputFootprint own = _footprints[input.RelativePath];
        return [.. Touching(own.Box.Grown(_margins.Values.Max()))
            .Where(other => other != own && own.SharesSystemWith(other) && other.Box.Grown(_margins[other]).Touches(own.Box)).Select(ReachOf)];
    }

    /// <summary>
    /// How far beyond its own points an input looks: a halo, and as much again as the ground beneath the halo depends on, which is a window of the
    /// widest opening to either side.
    /// </summary>
    private double MarginOf(InputFootprint own) =>
        TileGrid.AcrossFiles(PointSpacing.InSteps(Math.Min(own.Spacing, WidestSpacing)), _model, _tiles.Edge, _tiles.Halo).Halo + 2 * SurveySurface.FarHalfWidth;

    // Somewhat more than what lies around its points goes by (SurroundingArea), so that it seldom cuts; where it does, headers decide, which are the same in every run.
    private PlanBox ReachOf(InputFootprint own) => own.Box.Grown(1.5 * _margins[own]);

    private IEnumerable<InputFootprint> Touching(PlanBox box)
    {
        for (int i = FirstFrom(box.Left - _widest); i < _byLeft.Length && _byLeft[i].Box.Left <= box.Right; i++)
            if (box.Touches(_byLeft[i].Box)) yield return _byLeft[i];
    }

    private int FirstFrom(double left)
    {
        int low = 0, high = _byLeft.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_byLeft[middle].Box.Left < left) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static string? Warning(InputFootprint own, List<InputFootprint> foreign)
    {
        if (foreign.MinBy(other => other.Input.RelativePath, StringComparer.Ordinal) is not { } first) return null;
        string others = foreign.Count > 1 ? $" and {foreign.Count - 1} more inputs beside it are" : " is";
        return $"{first.Input.Path}{others} no context, since the reference systems differ: {first.SystemName} there, {own.SystemName} here";
    }
}

/// <summary>What lies around an input.</summary>
/// <param name="Margin">How far beyond its own points it looks, metres.</param>
/// <param name="Inputs">The inputs whose boxes reach into the margin, by relative path.</param>
/// <param name="ExpectedPoints">Points of theirs within the margin if each has them spread evenly over its box.</param>
/// <param name="Warning">What a user should know, in a line; null for nothing.</param>
internal sealed record Surroundings(double Margin, IReadOnlyList<SegmentationInput> Inputs, long ExpectedPoints, string? Warning)
{
    private const double Allowance = 1.5;
    private const long Least = 1000;

    /// <summary>Beyond this nothing is seen, metres.</summary>
    public PlanBox Reach { get; init; }

    /// <summary>Points to make room for. If there are more after all, the input goes through scratch files.</summary>
    public long RoomFor => Inputs.Count == 0 ? 0 : (long)(Allowance * ExpectedPoints) + Least;
}
