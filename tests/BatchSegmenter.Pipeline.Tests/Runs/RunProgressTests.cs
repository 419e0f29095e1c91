using BatchSegmenter.Pipeline.Runs;
using BatchSegmenter.Pipeline.Stages;

namespace BatchSegmenter.Pipeline.Tests.Runs;

public sealed class RunProgressTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shares_follow_the_bytes_and_never_pass_the_whole()
    {
        RunProgress progress = new([Input("a.las", 300), Input("b.las", 100)]);
        Assert.Equal((2, 0, 0L, 0.0), (progress.Inputs, progress.Finished, progress.Points, progress.Share));

        progress.AddPoints(10, 100);
        Assert.Equal((10L, 0.25), (progress.Points, progress.Share));

        progress.AddPoints(90, 1000);
        Assert.Equal((100L, 1.0), (progress.Points, progress.Share));
    }

    [Fact]
    public void Without_inputs_all_is_done() => Assert.Equal(1, new RunProgress([]).Share);

    [Fact]
    public void Outcomes_stand_in_the_order_of_the_inputs_whenever_they_ended()
    {
        SegmentationInput[] inputs = [Input("a.las", 1), Input("b.las", 1), Input("c.las", 1), Input("d.las", 1)];
        RunProgress progress = new(inputs);
        progress.Finish(Failed(inputs, 3));
        progress.Finish(new InputOutcome(1, new InputSummary(inputs[1].Path, "b", InputStatus.Done) { Points = 7 }, null));
        progress.Finish(Failed(inputs, 0));
        progress.Warn(3, "z");
        progress.Warn(1, "y");
        progress.Warn(1, "x");

        RunOutcome outcome = progress.Outcome();

        Assert.Equal([InputStatus.Failed, InputStatus.Done, InputStatus.Cancelled, InputStatus.Failed], outcome.Inputs.Select(input => input.Status));
        Assert.Equal(inputs.Select(input => input.Path), outcome.Inputs.Select(input => input.Input));
        Assert.Equal(["x", "y", "z"], outcome.Warnings);
        Assert.Equal([0, 3], progress.Failures.Select(failure => failure.Ordinal));
        Assert.Equal((3, 2, 2, 7L), (progress.Finished, progress.Failed, outcome.Failed, outcome.Points));
    }

    [Fact]
    public void Stages_stand_in_the_way_of_the_data() =>
        Assert.Equal(["read", "partition", "normalize", "neighbourhoods", "infer", "vote", "write"], new RunProgress([]).Stages.Select(stage => stage.Name));

    private static InputOutcome Failed(SegmentationInput[] inputs, int ordinal) =>
        new(ordinal, new InputSummary(inputs[ordinal].Path, inputs[ordinal].Source, InputStatus.Failed), new StageFaultException("read", new IOException("gone")));

    private SegmentationInput Input(string name, int bytes) => new(_folder.Write(name, new string('x', bytes)), Path.GetFileNameWithoutExtension(name));
}
