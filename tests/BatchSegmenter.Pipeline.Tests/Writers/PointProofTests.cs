using BatchSegmenter.Pipeline.Labels;
using BatchSegmenter.Pipeline.Stages;
using BatchSegmenter.Pipeline.Writers;

namespace BatchSegmenter.Pipeline.Tests.Writers;

public sealed class PointProofTests
{
    [Theory]
    [InlineData(3, true)]
    [InlineData(2, false)]
    [InlineData(4, false)]
    public void Every_point_must_have_been_given_a_label(int given, bool isProven)
    {
        using HeldLabels labels = new(3, classes: 2, keepProbabilities: false);
        for (int i = 0; i < given; i++) labels.KeepSource(i % 3, 2);

        Check(isProven, "labels were given to 3 points", proof => proof.Labelled(labels));
    }

    [Theory]
    [InlineData(0, 4, 4, 3, true, "")]
    [InlineData(0, 4, 4, 0, true, "")] // nothing more
    [InlineData(0, 4, 3, 3, false, "point 3 went out twice: indices up to 3 were written before it")]
    [InlineData(0, 4, 0, 3, false, "point 0 went out twice")]
    [InlineData(5, 4, 0, 3, false, "point 0 went out twice")]
    public void Indices_only_rise(int first, int count, int next, int nextCount, bool isProven, string problem) => Check(isProven, problem, proof =>
    {
        proof.Add(first, count);
        proof.Add(next, nextCount);
    });

    [Theory]
    [InlineData(0, 6, 6, true, "")]
    [InlineData(0, 6, 5, false, "6 points in, but 5 out")]
    [InlineData(0, 6, 7, false, "6 points in, but 7 out")]
    [InlineData(0, 5, 6, false, "6 points in, but 6 out")] // rows that are none of the points
    public void As_many_points_go_out_as_came_in(long first, int count, long written, bool isProven, string problem) => Check(isProven, problem, proof =>
    {
        proof.Add(first, count);
        proof.Complete(6, written);
    });

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, true)] // the last one, at the end
    [InlineData(1, false)]
    [InlineData(0, false)]
    public void Indices_leave_out_no_more_than_was_lost(long lost, bool isProven) => Check(isProven, $"indices leave out 2 points, but {lost} could not be decoded", proof =>
    {
        proof.Add(1, 3);
        proof.Add(5, 3);
        proof.Complete(6, 6);
    }, lost);

    [Fact]
    public void An_input_without_points_is_proven()
    {
        using HeldLabels labels = new(0, classes: 2, keepProbabilities: false);
        PointProof proof = new("a.las", 0);

        proof.Labelled(labels);
        proof.Complete(0, 0);
    }

    private static void Check(bool isProven, string problem, Action<PointProof> work, long lost = 0)
    {
        PointProof proof = new("a.las", lost);
        if (isProven)
        {
            work(proof);
            return;
        }

        string message = Assert.Throws<RunStoppedException>(() => work(proof)).Message;
        Assert.StartsWith("a.las: ", message);
        Assert.Contains(problem, message);
    }
}
