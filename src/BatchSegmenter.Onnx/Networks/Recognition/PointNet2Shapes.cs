namespace BatchSegmenter.Onnx.Networks.Recognition;

/// <summary>A level as keys and shapes tell it.</summary>
/// <param name="Scales">Widths per scale.</param>
/// <param name="FeaturesFirst">Whether a neighbour's channels begin with its features.</param>
/// <param name="Residual">Whether the samples' own features are added.</param>
/// <param name="Blocks">Hidden widths of the residual blocks.</param>
internal sealed record LevelShapes(IReadOnlyList<int[]> Scales, bool FeaturesFirst = false, bool Residual = false, IReadOnlyList<int>? Blocks = null)
{
    /// <summary>Channels per point behind the level.</summary>
    public int Width => Scales.Sum(scale => scale[^1]);
}

/// <summary>A network like PointNet++ as keys and shapes tell it.</summary>
internal sealed record PointNet2Shapes
{
    public required NetworkFamily Family { get; init; }

    /// <summary>The family and more that shapes tell, for people.</summary>
    public required string Name { get; init; }

    /// <summary>Feature channels of a point.</summary>
    public required int Features { get; init; }

    public int Stem { get; init; }

    /// <summary>Finest first.</summary>
    public required IReadOnlyList<LevelShapes> Levels { get; init; }

    /// <summary>Coarsest first; empty for classification.</summary>
    public required IReadOnlyList<PropagationDescription> Propagation { get; init; }

    /// <summary>How many of the block's maximum and mean the head is told, 0 to 2.</summary>
    public int GlobalCount { get; init; }

    public required IReadOnlyList<int> Head { get; init; }

    public required int Classes { get; init; }

    public int Categories { get; init; }

    /// <summary>What people should know, a sentence; or null.</summary>
    public string? Remark { get; init; }

    /// <summary>What all networks of the family have in common.</summary>
    public required NetworkParameters Rule { get; init; }

    /// <summary>Adds what the sources tell.</summary>
    /// <exception cref="MissingParametersException">Names what nobody told.</exception>
    /// <exception cref="InvalidNetworkDescriptionException">What was told does not fit the shapes, or is out of range.</exception>
    public RecognizedNetwork Complete(CheckpointKeys keys, IEnumerable<ParameterSource> sources)
    {
        ParameterLookup lookup = new(keys.Path, Family, sources, Rule);
        if (Remark is not null) lookup.Remarks.Add(Remark);
        lookup.Shapes("family", Name);
        lookup.Shapes("features", $"{Features}");
        lookup.Shapes("class count", $"{Classes}");
        if (Categories > 0) lookup.Shapes("category count", $"{Categories}");
        lookup.Shapes("widths", string.Join("; ", Levels.Select(level => string.Join(" | ", level.Scales.Select(scale => string.Join(", ", scale))))));

        bool all = lookup.Required("lastLevelAll", parameters => parameters.LastLevelAll, false);
        LevelShapes[] sampled = [.. all ? Levels.SkipLast(1) : Levels];
        int?[] plain = [.. sampled.Select(_ => (int?)null)];
        int?[] scales = [.. sampled.Select(level => (int?)level.Scales.Count)];

        var sampling = lookup.PerLevel<Sampling>(
            "samples", Sampling.Of, plain, sampling => [.. Enumerable.Repeat((int?)null, sampling.Count)], sampling => sampling.ToString(), "points sampled, or strides or ratios");
        var radii = lookup.PerLevel("radii", parameters => parameters.Radii, scales, Counts, Text, "radius of the ball query, in units of the positions");
        var neighbors = lookup.PerLevel("neighbors", parameters => parameters.Neighbors, scales, Counts, Text, "neighbours per sample");
        bool blocks = Levels.Any(level => level.Blocks is { Count: > 0 });
        var blockRadii = blocks ? lookup.PerLevel("blockRadii", parameters => parameters.BlockRadii, plain, Plain, Join, "radius within residual blocks, 0 without blocks") : null;
        var blockNeighbors = blocks ? lookup.PerLevel("blockNeighbors", parameters => parameters.BlockNeighbors, plain, Plain, Join, "neighbours within residual blocks, 0 without blocks") : null;
        bool relativeByRadius = lookup.Required("relativeByRadius", parameters => parameters.RelativeByRadius, false);
        bool radiusExclusive = lookup.Required("radiusExclusive", parameters => parameters.RadiusExclusive, false);
        bool positionsAsFeatures = lookup.Required("positionsAsFeatures", parameters => parameters.PositionsAsFeatures, false);
        InterpolationWeight interpolation = Propagation.Count == 0 ? default : lookup.Required("interpolation", parameters => parameters.Interpolation, default);
        IReadOnlyList<GlobalFeature>? global = GlobalCount == 0 ? null : Global(lookup, keys.Path);
        lookup.ThrowIfMissed();

        PointNet2Description description = new()
        {
            Task = Propagation.Count == 0 ? NetworkTask.Classification : NetworkTask.Segmentation,
            Features = Features,
            Classes = Classes,
            Categories = Categories,
            PositionsAsFeatures = positionsAsFeatures,
            RadiusExclusive = radiusExclusive,
            Interpolation = interpolation,
            Stem = Stem,
            Levels = [.. Levels.Select((level, l) => Level(level, l, l == sampled.Length))],
            Propagation = Propagation,
            Global = global,
            Head = Head,
        };
        description.Validate(keys.Path);
        return RecognizedMeanings.Add(lookup, keys, Name, description);

        SetAbstractionDescription Level(LevelShapes level, int l, bool isAll) => new()
        {
            All = isAll,
            Samples = isAll ? null : sampling!.Samples?[l],
            Stride = isAll ? null : sampling!.Strides?[l],
            Ratio = isAll ? null : sampling!.Ratios?[l],
            RelativeByRadius = !isAll && relativeByRadius,
            FeaturesFirst = level.FeaturesFirst,
            Residual = level.Residual,
            Scales = [.. level.Scales.Select((widths, s) => new ScaleDescription
            {
                Widths = widths,
                Radius = isAll ? 0 : radii![l][s],
                Neighbors = isAll ? 0 : neighbors![l][s],
            })],
            Blocks = level.Blocks is { Count: > 0 } hidden
                ? [.. hidden.Select(width => new ResidualBlockDescription { Radius = blockRadii![l], Neighbors = blockNeighbors![l], Hidden = width })]
                : null,
        };
    }

    /// <summary>Two are the maximum and the mean, if nobody tells the order; of one only a source knows which.</summary>
    private IReadOnlyList<GlobalFeature>? Global(ParameterLookup lookup, string path)
    {
        IReadOnlyList<GlobalFeature>? told = lookup.Optional("global", parameters => parameters.Global, kinds => string.Join(", ", kinds).ToLowerInvariant());
        if (told is not null && told.Count != GlobalCount)
            throw new InvalidNetworkDescriptionException(path, $"global has {told.Count} of max and mean; the head takes {GlobalCount} by its shapes");
        if (told is null && GlobalCount == 1) lookup.Miss("global", "whether the head is told the maximum, [\"max\"], or the mean, [\"mean\"], of the block; global_feat in openpoints");
        return told ?? [GlobalFeature.Max, GlobalFeature.Mean];
    }

    private static IReadOnlyList<int?> Counts<T>(IReadOnlyList<IReadOnlyList<T>> levels) => [.. levels.Select(level => (int?)level.Count)];

    private static IReadOnlyList<int?> Plain<T>(IReadOnlyList<T> levels) => [.. levels.Select(_ => (int?)null)];

    private static string Text<T>(IReadOnlyList<IReadOnlyList<T>> levels) => string.Join("; ", levels.Select(Join));

    private static string Join<T>(IReadOnlyList<T> values) => string.Join(", ", values.Select(value => FormattableString.Invariant($"{value}")));

    /// <summary>One of the three ways to say how many points are sampled.</summary>
    private sealed record Sampling(IReadOnlyList<int>? Samples, IReadOnlyList<int>? Strides, IReadOnlyList<double>? Ratios)
    {
        public int Count => Samples?.Count ?? Strides?.Count ?? Ratios!.Count;

        public static Sampling? Of(NetworkParameters parameters) =>
            parameters is { Samples: null, Strides: null, Ratios: null } ? null : new Sampling(parameters.Samples, parameters.Strides, parameters.Ratios);

        public override string ToString() => Samples is not null ? Join(Samples) : Strides is not null ? $"strides {Join(Strides)}" : $"ratios {Join(Ratios!)}";
    }
}
