using BatchSegmenter.Onnx.Networks;
using BatchSegmenter.Onnx.Networks.Evaluation;

namespace BatchSegmenter.Onnx.Tests.Networks.Evaluation;

public class PlainNetworkTests
{
    /// <summary>Points at x = 0 and 1, features 2 and 5.</summary>
    private static readonly float[] Pair = [0, 0, 0, 2, 1, 0, 0, 5];

    [Fact]
    public void Groups_pools_and_propagates_a_single_sample()
    {
        PlainEvaluation evaluation = Network().Build(Description()).Evaluate(Pair);

        // Neighbour 0: 10·0 + 2; neighbour 1: 10·1 + 5.
        Assert.Equal([[15.0]], evaluation.Layers["levels.0.0"]);
        Assert.Equal([[15.0]], evaluation.Layers["levels.0"]);
        Assert.Equal([0], Assert.Single(evaluation.Samples));
        Assert.Equal([0, 1], evaluation.Neighbors[0][0]);
        Assert.Equal([0, 0, 0, 0, 0, 0], evaluation.Nearest[0]);
        Assert.Equal([1, 0, 0, 1, 0, 0], evaluation.NearestWeights[0]);

        // Own feature, then twice the interpolated one.
        Assert.Equal([[32.0], [35.0]], evaluation.Layers["propagation.0"]);
        Assert.Equal([[32.0, -31.0], [35.0, -34.0]], evaluation.Scores);
        Assert.Equal([0, 0], evaluation.Labels());
    }

    [Fact]
    public void Norm_follows_the_biased_linear_layer()
    {
        // 15 + 0.5 bias; minus mean 1.5, by deviation 2, times 3, minus 1.
        TinyNetwork network = Network().With("levels.0.0.0", [[10, 0, 0, 1]], 0.5f).WithNorm("levels.0.0.0", [3], [-1], [1.5f], [4 - 1e-5f]);

        Assert.Equal(20, network.Build(Description()).Evaluate(Pair).Layers["levels.0.0"][0][0], 6);
    }

    [Fact]
    public void Relu_cuts_inside_but_not_the_scores()
    {
        PlainEvaluation evaluation = Network().With("levels.0.0.0", [[-10, 0, 0, -1]]).Build(Description()).Evaluate(Pair);

        Assert.Equal([[0.0]], evaluation.Layers["levels.0.0"]);
        Assert.Equal([[2.0, -1.0], [5.0, -4.0]], evaluation.Scores);
    }

    [Fact]
    public void Relative_positions_are_measured_in_radii_where_so_described()
    {
        PointNet2Description description = Description(level => level with { RelativeByRadius = true });

        Assert.Equal(10 * 1 / 4.0 + 5, Network().Build(description).Evaluate(Pair).Layers["levels.0.0"][0][0], 12);
    }

    [Fact]
    public void Features_come_first_where_so_described()
    {
        PointNet2Description description = Description(level => level with { FeaturesFirst = true });

        // 10 times the feature, once the relative z.
        Assert.Equal([[50.0]], Network().Build(description).Evaluate(Pair).Layers["levels.0.0"]);
    }

    [Fact]
    public void Positions_are_features_where_so_described()
    {
        PointNet2Description description = Description() with { PositionsAsFeatures = true, Features = 4 };
        TinyNetwork network = Network().With("levels.0.0.0", [[10, 0, 0, 100, 0, 0, 1]]).With("propagation.0.0", [[1000, 0, 0, 1, 2]]);

        PlainEvaluation evaluation = network.Build(description).Evaluate(Pair);

        Assert.Equal([[10.0 + 100 + 5]], evaluation.Layers["levels.0.0"]);
        Assert.Equal([[232.0], [1235.0]], evaluation.Layers["propagation.0"]);
    }

    [Theory]
    [InlineData(false, 15)]
    [InlineData(true, 2)]
    public void The_radius_itself_is_inside_or_outside(bool exclusive, double expected)
    {
        PointNet2Description description = Description(level => level with { Scales = [SampleNetworks.Scale(1, 2, 1)] }) with { RadiusExclusive = exclusive };

        Assert.Equal(expected, Network().Build(description).Evaluate(Pair).Layers["levels.0.0"][0][0]);
    }

    [Fact]
    public void Scales_stand_side_by_side()
    {
        PointNet2Description description = Description(level => level with { Scales = [SampleNetworks.Scale(4, 2, 1), SampleNetworks.Scale(0.5f, 3, 2)] });
        TinyNetwork network = Network().With("levels.0.1.0", [[0, 0, 0, 1], [0, 0, 0, 3]]).With("propagation.0.0", [[1, 2, 4, 8]]);

        PlainEvaluation evaluation = network.Build(description).Evaluate(Pair);

        Assert.Equal([[2.0, 6.0]], evaluation.Layers["levels.0.1"]);
        Assert.Equal([[15.0, 2.0, 6.0]], evaluation.Layers["levels.0"]);
        Assert.Equal([0, 0, 0], evaluation.Neighbors[0][1]);
        Assert.Equal([[2.0 + 30 + 8 + 48], [5.0 + 30 + 8 + 48]], evaluation.Layers["propagation.0"]);
    }

    [Fact]
    public void Without_skip_only_the_interpolated_features_are_taken()
    {
        PointNet2Description description = Description() with { Propagation = [new() { Widths = [1], Skip = false }] };

        Assert.Equal([[30.0], [30.0]], Network().With("propagation.0.0", [[2]]).Build(description).Evaluate(Pair).Layers["propagation.0"]);
    }

    [Theory]
    [InlineData(InterpolationWeight.InverseSquaredDistance, (100 / 1.0 + 200 / 9.0) / (1 / 1.0 + 1 / 9.0))]
    [InlineData(InterpolationWeight.InverseDistance, (100 / 1.0 + 200 / 3.0) / (1 / 1.0 + 1 / 3.0))]
    public void Nearer_samples_weigh_more(InterpolationWeight interpolation, double expected)
    {
        // Samples at x = 0 and 4, each its own only neighbour; the point at 1 is between them.
        PointNet2Description description = Description(level => level with { Samples = 2, Scales = [SampleNetworks.Scale(0.5f, 1, 1)] }) with { Interpolation = interpolation };
        TinyNetwork network = Network().With("propagation.0.0", [[0, 1]]);

        PlainEvaluation evaluation = network.Build(description).Evaluate([0, 0, 0, 100, 4, 0, 0, 200, 1, 0, 0, 0]);

        Assert.Equal([0, 1], evaluation.Samples[0]);
        Assert.Equal(expected, evaluation.Layers["propagation.0"][2][0], 5);
        Assert.Equal([0, 1, 0, 1, 0, 1, 0, 1, 0], evaluation.Nearest[0]); // the third is the nearest again
        Assert.Equal(0, evaluation.NearestWeights[0][8]);
    }

    [Fact]
    public void A_stem_comes_before_the_first_level_and_is_what_is_skipped_to()
    {
        PlainEvaluation evaluation = Network().With("stem", [[-1]], 3).Build(Description() with { Stem = 1 }).Evaluate(Pair);

        Assert.Equal([[1.0], [-2.0]], evaluation.Layers["stem"]);
        Assert.Equal([[8.0]], evaluation.Layers["levels.0.0"]);
        Assert.Equal([[17.0], [14.0]], evaluation.Layers["propagation.0"]);
    }

    [Fact]
    public void A_residual_level_adds_the_samples_own_features_before_its_last_relu()
    {
        TinyNetwork network = Network().With("levels.0.0.0", [[-10, 0, 0, -1]]);
        PointNet2Description description = Description(level => level with { Residual = true });

        // Pooled without ReLU: max(−2, −15) = −2, and the sample's own 2 is added; −2 + 7 with a bias of 5.
        Assert.Equal([[-2.0]], network.Build(description).Evaluate(Pair).Layers["levels.0.0"]);
        Assert.Equal([[0.0]], network.Build(description).Evaluate(Pair).Layers["levels.0"]);
        Assert.Equal([[5.0]], network.With("levels.0.0.0", [[-10, 0, 0, -1]], 5).Build(description).Evaluate(Pair).Layers["levels.0"]);
    }

    [Fact]
    public void A_residual_of_another_width_goes_through_a_layer()
    {
        PointNet2Description description = Description(level => level with { Residual = true, Scales = [SampleNetworks.Scale(4, 2, 2)] });
        TinyNetwork network = Network().With("levels.0.0.0", [[10, 0, 0, 1], [0, 0, 0, 1]]).With("levels.0.residual", [[100], [-4]], 1, 2)
            .With("propagation.0.0", [[0, 1, 1]]);

        PlainEvaluation evaluation = network.Build(description).Evaluate(Pair);

        Assert.Equal([[15.0 + 201, 0]], evaluation.Layers["levels.0"]);
    }

    [Fact]
    public void A_block_looks_at_neighbouring_samples_widens_narrows_and_adds()
    {
        // Samples at 0 and 1 with features 2 and 5 after the level; both neighbours of each other.
        PointNet2Description description = Description(level => level with
        {
            Samples = 2, RelativeByRadius = true, FeaturesFirst = true, Scales = [SampleNetworks.Scale(0.5f, 1, 1)],
            Blocks = [new() { Radius = 2, Neighbors = 2, Hidden = 2 }],
        });
        TinyNetwork network = Network().With("levels.0.0.0", [[1, 0, 0, 0]])
            .With("levels.0.blocks.0.0", [[-4, 0, 0, 1]]).With("levels.0.blocks.0.1", [[1], [-1]], 0, 10).With("levels.0.blocks.0.2", [[-1, -2]], 4);

        PlainEvaluation evaluation = network.Build(description).Evaluate(Pair);

        // Sample 0: max(2, −4·½ + 5) = 3 → (3, 7) → −17 + 4, + 2, cut. Sample 1: max(4·½ + 2, 5) = 5 → (5, 5) → −11, + 5, cut.
        Assert.Equal([0, 1, 0, 1], evaluation.BlockNeighbors[0][0]);
        Assert.Equal([[0.0], [0.0]], evaluation.Layers["levels.0.blocks.0"]);

        network.With("levels.0.blocks.0.2", [[-1, 2]], 4);
        evaluation = network.Build(description).Evaluate(Pair);
        Assert.Equal([[-3.0 + 14 + 4 + 2], [-5.0 + 10 + 4 + 5]], evaluation.Layers["levels.0.blocks.0"]);
        Assert.Same(evaluation.Layers["levels.0.blocks.0"], evaluation.Layers["levels.0"]);
    }

    [Fact]
    public void A_level_of_all_points_groups_them_about_the_origin()
    {
        PointNet2Description description = Description(_ => All(1));

        // The first point at x = −3: relative to a sample it would be 0.
        PlainEvaluation evaluation = Network().With("levels.0.0.0", [[-10, 0, 0, 1]]).Build(description).Evaluate([-3, 0, 0, 2, 1, 0, 0, 5]);

        Assert.Equal([[32.0]], evaluation.Layers["levels.0"]);
        Assert.Empty(evaluation.Samples[0]);
        Assert.Equal([0, 1], evaluation.Neighbors[0][0]);
        Assert.Equal([[66.0], [69.0]], evaluation.Layers["propagation.0"]);
    }

    [Fact]
    public void Category_and_positions_stand_before_the_features_of_the_last_propagation()
    {
        TinyNetwork network = Network().With("propagation.0.0", [[100, 200, 400, 1000, 0, 0, 1, 2]]);
        PlainNetwork plain = network.Build(Description() with { Categories = 3 });

        Assert.Equal([[200 + 32.0], [200 + 1000 + 35.0]], plain.Evaluate(Pair, category: 1).Layers["propagation.0"]);
        Assert.Equal(432, plain.Evaluate(Pair, category: 2).Layers["propagation.0"][0][0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => plain.Evaluate(Pair));
        Assert.Throws<ArgumentOutOfRangeException>(() => plain.Evaluate(Pair, category: 3));
    }

    [Fact]
    public void Classification_scores_the_block()
    {
        PointNet2Description description = new() { Task = NetworkTask.Classification, Features = 0, Classes = 2, Levels = [All(1)], Propagation = [], Head = [1] };
        TinyNetwork network = new TinyNetwork().With("levels.0.0.0", [[1, 10, 100]]).With("head.0", [[2]], -1).With("head.1", [[1], [-1]], 0, 1);

        PlainEvaluation evaluation = network.Build(description).Evaluate([1, 2, 0, 0, 1, 0]);

        Assert.Equal([[41.0, -40.0]], evaluation.Scores);
        Assert.Empty(evaluation.Nearest);
    }

    [Fact]
    public void Two_levels_index_the_level_before()
    {
        PointNet2Description description = new()
        {
            Features = 0, Classes = 2, Head = [],
            Levels = [new() { Samples = 3, Scales = [SampleNetworks.Scale(0.5f, 1, 1)] }, new() { Stride = 2, Scales = [SampleNetworks.Scale(100, 3, 1)] }],
            Propagation = [new() { Widths = [1] }, new() { Widths = [1] }],
        };
        TinyNetwork network = new TinyNetwork().With("levels.0.0.0", [[1, 0, 0]], 1).With("levels.1.0.0", [[1, 0, 0, 0]])
            .With("propagation.0.0", [[1, 10]]).With("propagation.1.0", [[1]]).With("head.0", [[1], [-1]]);

        PlainEvaluation evaluation = network.Build(description).Evaluate([0, 0, 0, 1, 0, 0, 9, 0, 0, 5, 0, 0]);

        Assert.Equal([0, 2, 3], evaluation.Samples[0]);
        Assert.Equal([0], evaluation.Samples[1]);
        Assert.Equal([0, 1, 2], evaluation.Neighbors[1][0]);
        Assert.Equal([[9.0]], evaluation.Layers["levels.1"]);
        Assert.Equal([[91.0], [91.0], [91.0]], evaluation.Layers["propagation.0"]);
        Assert.Equal([0, 2, 1, 0, 2, 1, 1, 2, 0, 2, 1, 0], evaluation.Nearest[0]);
        Assert.Equal(12, evaluation.NearestWeights[0].Length);
    }

    [Fact]
    public void Log_softmax_is_of_each_row()
    {
        double[][] result = Network().With("head.0", [[0], [0]], 0, MathF.Log(3)).Build(Description()).Evaluate(Pair).LogSoftmax();

        Assert.All(result, row => Assert.Equal([Math.Log(0.25), Math.Log(0.75)], row, (a, b) => Math.Abs(a - b) < 1e-6));
        Assert.Equal(2, result.Length);
    }

    [Fact]
    public void Points_must_be_whole_finite_and_some()
    {
        PlainNetwork network = Network().Build(Description());

        Assert.Throws<ArgumentException>(() => network.Evaluate([]));
        Assert.Throws<ArgumentException>(() => network.Evaluate([1, 2, 3]));
        Assert.Throws<ArgumentException>(() => network.Evaluate([1, 2, float.NaN, 3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => network.Evaluate(Pair, category: 0));
    }

    [Fact]
    public void A_checkpoint_must_have_every_layer_tensor_and_extent_and_no_more()
    {
        TinyNetwork network = Network();
        network.Layers.Remove("propagation.0.0");
        Assert.Contains("propagation.0.0", Refused(network));

        network = Network();
        network.Tensors.Remove("levels.0.0.0.w.weight");
        Assert.Contains("levels.0.0.0.w.weight is missing", Refused(network));

        Assert.Contains("[1, 5]; the network wants [1, 4]", Refused(Network().With("levels.0.0.0", [[10, 0, 0, 1, 0]])));
        Assert.Contains("[2]; the network wants [1]", Refused(Network().With("levels.0.0.0", [[10, 0, 0, 1]], 1, 2)));
        Assert.Contains("head.1", Refused(Network().With("head.1", [[1]])));

        network = Network().WithNorm("propagation.0.0", [1], [0], [0], [1]);
        network.Tensors.Remove("propagation.0.0.n.running_var");
        Assert.Contains("running_var is missing", Refused(network));

        static string Refused(TinyNetwork network) => Assert.Throws<InvalidCheckpointException>(() => network.Build(Description())).Message;
    }

    [Fact]
    public void Convolutions_of_size_one_are_linear_layers()
    {
        TinyNetwork network = Network();
        network.Tensors["levels.0.0.0.w.weight"] = ([10, 0, 0, 1], [1, 4, 1, 1]);

        Assert.Equal([[15.0]], network.Build(Description()).Evaluate(Pair).Layers["levels.0.0"]);
        network.Tensors["levels.0.0.0.w.weight"] = ([10, 0, 0, 1, 10, 0, 0, 1], [1, 4, 2]);
        Assert.Throws<InvalidCheckpointException>(() => network.Build(Description()));
    }

    [Fact]
    public void Point_net_turns_points_and_features_and_joins_the_block_to_each_point()
    {
        PointNetDescription description = new() { Features = 4, Classes = 2, Encoder = [1, 1], TransformEncoder = [1], TransformHead = [1], Head = [1] };
        TinyNetwork network = new TinyNetwork()
            .With("inputTransform.encoder.0", [[1, 0, 0, 0]]).With("inputTransform.head.0", [[1]]).With("inputTransform.head.1", [[0], [1], [0], [0], [0], [0], [0], [0], [0]])
            .With("encoder.0", [[1, 10, 0, 100]])
            .With("featureTransform.encoder.0", [[1]]).With("featureTransform.head.0", [[1]]).With("featureTransform.head.1", [[0.5f]])
            .With("encoder.1", [[-1]]).With("head.0", [[2, 1]], 30000).With("head.1", [[1], [-1]]);

        PlainEvaluation evaluation = network.Build(description).Evaluate([1, 2, 0, 3, 2, 1, 0, 1]);

        // The largest x, 2, is added to y times x; the last channel stays.
        Assert.Equal([[1.0, 2, 0], [0.0, 1, 0], [0.0, 0, 1]], evaluation.Layers["inputTransform"]);
        Assert.Equal([[1 + 0.5 * 341]], evaluation.Layers["featureTransform"]);
        Assert.Equal([[341 * 171.5], [152 * 171.5]], evaluation.Layers["points"]);

        // No ReLU before the pooling.
        Assert.Equal([[-26068.0]], evaluation.Layers["encoder"]);
        Assert.Equal([[36345.5, -36345.5], [3932.0, -3932.0]], evaluation.Scores);
    }

    [Fact]
    public void Of_a_foreign_network_nothing_is_known_to_evaluate() =>
        Assert.Throws<ArgumentException>(() => new TinyNetwork().Build(new ForeignNetworkDescription { Features = 3, Classes = 2 }));

    private static PointNet2Description Description(Func<SetAbstractionDescription, SetAbstractionDescription>? level = null)
    {
        SetAbstractionDescription single = new() { Samples = 1, Scales = [SampleNetworks.Scale(4, 2, 1)] };
        return new() { Features = 1, Classes = 2, Levels = [level is null ? single : level(single)], Propagation = [new() { Widths = [1] }], Head = [] };
    }

    private static SetAbstractionDescription All(int width) => new() { All = true, Scales = [new() { Widths = [width] }] };

    private static TinyNetwork Network() => new TinyNetwork()
        .With("levels.0.0.0", [[10, 0, 0, 1]]).With("propagation.0.0", [[1, 2]]).With("head.0", [[1], [-1]], 0, 1);
}
