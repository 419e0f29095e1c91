using BatchSegmenter.Onnx.Graph;

namespace BatchSegmenter.Onnx.Networks;

/// <summary>
/// Writes sampling, ball query and the three nearest as standard operators, for batches of blocks of any size: the indices are those of
/// <see cref="PointNet2Graph"/>'s inputs, rows of all blocks one after another. Distances are <c>(dx·dx + dy·dy) + dz·dz</c> in float32, ties go to the
/// lowest index, coordinates are finite.
/// </summary>
internal sealed class NeighbourhoodNodes(GraphBuilder builder)
{
    private static readonly OnnxAttribute First = new("axis", 0L), Second = new("axis", 1L), Last = new("axis", -1L);

    /// <summary>The raw points.</summary>
    /// <param name="points">[blocks, channels, points], the first three channels being positions.</param>
    public LevelNodes Points(Value points)
    {
        Value shape = builder.Node("Shape", "points.shape", [points]);
        Value count = builder.Node("Gather", "points.count", [shape, builder.Integers(2)]);
        return Level("points", PerAxis(axis => builder.Node("Gather", $"points.{"xyz"[axis]}", [points, builder.Integer(axis)], Second)), count);
    }

    /// <summary>The samples that a level takes: int64 [1].</summary>
    /// <param name="name">Prefix of the nodes' names.</param>
    /// <param name="level">Not a level of all points.</param>
    /// <param name="previous">Points of the level before, int64 [1].</param>
    public Value SampleCount(string name, SetAbstractionDescription level, Value previous)
    {
        if (level.Samples is int samples) return builder.Node("Min", $"{name}.count", [previous, builder.Integers(samples)]);
        Value share;
        if (level.Stride is int stride)
        {
            share = builder.Node("Div", $"{name}.share", [previous, builder.Integers(stride)]);
        }
        else
        {
            // In double precision, as the description says it: 0.1 of 30 points are 3 there, but 4 in single precision.
            Value exact = builder.Node("Cast", $"{name}.previous", [previous], To(ElementType.Float64));
            Value product = builder.Node("Mul", $"{name}.product", [exact, builder.Double($"{name}.ratio", level.Ratio!.Value)]);
            share = builder.Node("Cast", $"{name}.share", [builder.Node("Ceil", $"{name}.ceiling", [product])], To(ElementType.Int64));
        }
        return builder.Node("Min", $"{name}.count", [builder.Node("Max", $"{name}.some", [share, builder.Integers(1)]), previous]);
    }

    /// <summary>Farthest point sampling from each block's first point on: one loop, a sample of every block per turn.</summary>
    /// <param name="name">Prefix of the nodes' names.</param>
    /// <param name="fine">The level before.</param>
    /// <param name="count">Samples per block, int64 [1].</param>
    /// <returns>The rows sampled, int64 [blocks · samples], and the level that they make.</returns>
    public (Value Rows, LevelNodes Level) Sample(string name, LevelNodes fine, Value count)
    {
        Value[] byRow = PerAxis(axis => Flat($"{name}.rows.{"xyz"[axis]}", fine.Axes[axis]));
        GraphBuilder body = builder.Within($"{name}.loop");
        body.Input(new OnnxValue($"{name}.turn", ElementType.Int64, []));
        Value going = body.Input(new OnnxValue($"{name}.going", ElementType.Bool, []));
        Value sampled = body.Input(new OnnxValue($"{name}.sampled", ElementType.Int64, [default, 1]));
        Value minima = body.Input(new OnnxValue($"{name}.minima", ElementType.Float32, [default, default]));
        Value[] sample = PerAxis(axis => body.Node("Gather", $"{name}.sample.{"xyz"[axis]}", [byRow[axis], sampled]));
        Value lowered = body.Node("Min", $"{name}.lowered", [minima, Squared(body, $"{name}.turn", fine.Axes, sample)]);
        Value farthest = body.Node("ArgMax", $"{name}.farthest", [lowered], Second, new OnnxAttribute("keepdims", 1L));
        Value next = body.Node("Add", $"{name}.next", [farthest, fine.FirstRows]);
        Value still = body.Node("Identity", $"{name}.still", [going]);
        Value row = body.Node("Identity", $"{name}.row", [sampled]);
        body.Output(new OnnxValue(still.Name, ElementType.Bool, []));
        body.Output(new OnnxValue(next.Name, ElementType.Int64, [default, 1]));
        body.Output(new OnnxValue(lowered.Name, ElementType.Float32, [default, default]));
        body.Output(new OnnxValue(row.Name, ElementType.Int64, [default, 1]));

        Value far = builder.Node("Expand", $"{name}.far", [builder.Constant($"{name}.infinity", [float.PositiveInfinity], 1), builder.Node("Shape", $"{name}.shape", [fine.Axes[0]])]);
        Value turns = builder.Node("Squeeze", $"{name}.turns", [count, builder.Integers(0)]);
        Value[] looped = builder.Nodes("Loop", [$"{name}.last", $"{name}.distances", $"{name}.turns.rows"], [turns, default, fine.FirstRows, far], new OnnxAttribute("body", body.Build()));
        Value byTurn = builder.Node("Squeeze", $"{name}.byTurn", [looped[2], builder.Integers(2)]);
        Value rows = builder.Node("Transpose", $"{name}.samples", [byTurn], new OnnxAttribute("perm", new[] { 1L, 0 }));
        LevelNodes coarse = Level(name, PerAxis(axis => builder.Node("Gather", $"{name}.{"xyz"[axis]}", [byRow[axis], rows])), count);
        return (Flat($"{name}.samples.rows", rows), coarse);
    }

    /// <summary>The squared distance of every sample to every point of the level before: float32 [blocks, samples, points].</summary>
    public Value Distances(string name, LevelNodes coarse, LevelNodes fine) => Squared(
        builder, name,
        PerAxis(axis => builder.Node("Unsqueeze", $"{name}.points.{"xyz"[axis]}", [fine.Axes[axis], builder.Integers(1)])),
        PerAxis(axis => builder.Node("Unsqueeze", $"{name}.samples.{"xyz"[axis]}", [coarse.Axes[axis], builder.Integers(2)])));

    /// <summary>The first points within the radius, in index order, the first one repeated where there are fewer: int32 [blocks · samples, neighbours].</summary>
    /// <param name="name">Prefix of the nodes' names.</param>
    /// <param name="distances">Of the samples to the points.</param>
    /// <param name="fine">The points; the samples are among them, so that none is without a neighbour.</param>
    /// <param name="radius">Radius of the balls.</param>
    /// <param name="neighbors">Neighbours per sample.</param>
    /// <param name="exclusive">Whether points at exactly the radius are left out.</param>
    public Value BallQuery(string name, Value distances, LevelNodes fine, float radius, int neighbors, bool exclusive)
    {
        Value squaredRadius = builder.Constant($"{name}.squaredRadius", [MathF.Min(radius * radius, float.MaxValue)], 1);
        Value inside = builder.Node(exclusive ? "Less" : "LessOrEqual", $"{name}.inside", [distances, squaredRadius]);
        // Outside is an index behind all others, so the smallest are the hits in order.
        Value index = Cast32($"{name}.index", Range($"{name}.range", fine.Count));
        Value none = Cast32($"{name}.none", fine.Count);
        Value hits = builder.Node("Where", $"{name}.hits", [inside, index, none]);
        Value most = builder.Node("Min", $"{name}.most", [fine.Count, builder.Integers(neighbors)]);
        Value first = builder.Nodes("TopK", [$"{name}.first", $"{name}.first.place"], [hits, most], Last, new OnnxAttribute("largest", 0L))[0];

        Value places = Places($"{name}.place", neighbors, most);
        Value filled = builder.Node("Gather", $"{name}.filled", [first, places], Last);
        Value lowest = builder.Node("Gather", $"{name}.lowest", [first, builder.Integers(0)], Last);
        Value found = builder.Node("Where", $"{name}.found", [builder.Node("Less", $"{name}.hit", [filled, none]), filled, lowest]);
        return Rows(name, found, fine, neighbors);
    }

    /// <summary>
    /// The three nearest samples of every point and their weights: int32 and float32 [blocks · points, 3]; with fewer than three samples the
    /// nearest fills the rest with weight 0.
    /// </summary>
    public (Value Nearest, Value Weights) ThreeNearest(string name, Value distances, LevelNodes coarse, InterpolationWeight weight)
    {
        Value fromPoints = builder.Node("Transpose", $"{name}.distances", [distances], new OnnxAttribute("perm", new[] { 0L, 2, 1 }));
        Value most = builder.Node("Min", $"{name}.most", [coarse.Count, builder.Integers(3)]);
        Value[] nearest = builder.Nodes("TopK", [$"{name}.squared", $"{name}.index"], [fromPoints, most], Last, new OnnxAttribute("largest", 0L));
        Value places = Places($"{name}.place", 3, most);
        Value index = Cast32($"{name}.indices", builder.Node("Gather", $"{name}.filled", [nearest[1], places], Last));

        Value length = weight == InterpolationWeight.InverseDistance ? builder.Node("Sqrt", $"{name}.distance", [nearest[0]]) : nearest[0];
        Value padded = builder.Node("Add", $"{name}.padded", [length, builder.Constant($"{name}.epsilon", [1e-8f], 1)]);
        Value inverse = builder.Node("Div", $"{name}.inverse", [builder.Constant($"{name}.one", [1], 1), padded]);
        Value all = builder.Node("Gather", $"{name}.inverses", [inverse, places], Last);
        Value real = builder.Node("Less", $"{name}.real", [builder.Integers(0, 1, 2), most]);
        Value counted = builder.Node("Where", $"{name}.counted", [real, all, builder.Constant($"{name}.zero", [0], 1)]);
        Value sum = builder.Node("ReduceSum", $"{name}.sum", [counted, builder.Integers(-1)]);
        Value weights = builder.Node("Div", $"{name}.normalized", [counted, sum]);
        return (Rows(name, index, coarse, 3), builder.Node("Reshape", $"{name}.weights", [weights, builder.Integers(-1, 3)]));
    }

    /// <summary>One group of all points per block: int32 [blocks, points].</summary>
    public Value All(string name, LevelNodes fine)
    {
        Value index = Cast32($"{name}.index", Range($"{name}.range", fine.Count));
        return builder.Node("Add", $"{name}.all", [Cast32($"{name}.firstRows", fine.FirstRows), index]);
    }

    /// <summary>What each point weighs in the mean of its block: float32 [blocks, points].</summary>
    public Value Shares(string name, LevelNodes fine)
    {
        Value count = builder.Node("Cast", $"{name}.count", [fine.Count], To(ElementType.Float32));
        Value share = builder.Node("Div", $"{name}.one", [builder.Constant($"{name}.whole", [1], 1), count]);
        return builder.Node("Expand", name, [share, builder.Node("Shape", $"{name}.shape", [fine.Axes[0]])]);
    }

    /// <summary>The block that each point is of: int64 [blocks · points].</summary>
    public Value BlockOfEach(string name, LevelNodes fine)
    {
        Value block = builder.Node("Div", $"{name}.number", [fine.FirstRows, fine.Count]);
        return Flat(name, builder.Node("Expand", $"{name}.points", [block, builder.Node("Shape", $"{name}.shape", [fine.Axes[0]])]));
    }

    /// <summary>Every point's nearest where each block has one sample alone: int32 and float32 [blocks · points, 3].</summary>
    public (Value Nearest, Value Weights) OnlyOne(string name, LevelNodes fine)
    {
        Value shape = builder.Node("Shape", $"{name}.shape", [fine.Axes[0]]);
        Value each = builder.Node("Concat", $"{name}.each", [shape, builder.Integers(3)], First);
        Value block = Cast32($"{name}.block", Range($"{name}.range", builder.Node("Gather", $"{name}.blocks", [shape, builder.Integers(0)])));
        Value blocks = builder.Node("Expand", $"{name}.index", [builder.Node("Unsqueeze", $"{name}.column", [block, builder.Integers(1, 2)]), each]);
        Value weights = builder.Node("Expand", $"{name}.weight", [builder.Constant($"{name}.first", [1, 0, 0], 3), each]);
        return (builder.Node("Reshape", $"{name}.rows", [blocks, builder.Integers(-1, 3)]), builder.Node("Reshape", $"{name}.weights", [weights, builder.Integers(-1, 3)]));
    }

    private LevelNodes Level(string name, Value[] axes, Value count)
    {
        Value shape = builder.Node("Shape", $"{name}.level.shape", [axes[0]]);
        Value block = Range($"{name}.level.block", builder.Node("Gather", $"{name}.level.blocks", [shape, builder.Integers(0)]));
        Value firstRow = builder.Node("Mul", $"{name}.level.firstRow", [block, count]);
        return new LevelNodes(axes, count, builder.Node("Unsqueeze", $"{name}.level.firstRows", [firstRow, builder.Integers(1)]));
    }

    /// <summary>Squared distances of coordinates that broadcast, axis by axis.</summary>
    private static Value Squared(GraphBuilder tape, string name, Value[] a, Value[] b)
    {
        Value[] squares = PerAxis(axis =>
        {
            Value difference = tape.Node("Sub", $"{name}.d{"xyz"[axis]}", [a[axis], b[axis]]);
            return tape.Node("Mul", $"{name}.d{"xyz"[axis]}.squared", [difference, difference]);
        });
        return tape.Node("Add", $"{name}.squared", [tape.Node("Add", $"{name}.inPlan", [squares[0], squares[1]]), squares[2]]);
    }

    private static Value[] PerAxis(Func<int, Value> value) => [value(0), value(1), value(2)];

    /// <summary>0 to <paramref name="width"/> − 1, and 0 instead of what is not below <paramref name="most"/>.</summary>
    private Value Places(string name, int width, Value most)
    {
        Value all = builder.Integers([.. Enumerable.Range(0, width).Select(place => (long)place)]);
        return builder.Node("Where", name, [builder.Node("Less", $"{name}.known", [all, most]), all, builder.Integers(0)]);
    }

    /// <summary>Indices within each block [blocks, …, width] to rows [-1, width].</summary>
    private Value Rows(string name, Value indices, LevelNodes level, int width)
    {
        Value firstRows = Cast32($"{name}.firstRows", builder.Node("Unsqueeze", $"{name}.blocks", [level.FirstRows, builder.Integers(2)]));
        return builder.Node("Reshape", $"{name}.rows", [builder.Node("Add", $"{name}.shifted", [indices, firstRows]), builder.Integers(-1, width)]);
    }

    /// <summary>0 to <paramref name="count"/> − 1, which is int64 [1]: int64 [count].</summary>
    private Value Range(string name, Value count) => builder.Node(
        "Range", name, [builder.Integer(0), builder.Node("Squeeze", $"{name}.end", [count, builder.Integers(0)]), builder.Integer(1)]);

    private Value Cast32(string name, Value value) => builder.Node("Cast", name, [value], To(ElementType.Int32));

    private Value Flat(string name, Value values) => builder.Node("Reshape", name, [values, builder.Integers(-1)]);

    private static OnnxAttribute To(ElementType type) => new("to", (long)type);
}
